#!/usr/bin/env python3
"""Runs the benchmark and prints its table: Omnigraph beside Kuzu, DuckDB and SQLite, the same data,
the same machine and in the same run, answers compared.

    bench/run.py [--size 10k|100k|1m] [--work DIR] [--build DIR] [--repetitions N] [--json FILE]
                 [--questions-only] [--keep] [--before COMMAND]

Needs a release build with the bench targets and the Python packages of bench/requirements.txt.
--questions-only leaves out what does not depend on the size of the graph; --keep uses what an
earlier run loaded; --before puts a command before each one that is measured (taskset, chrt).
"""

import argparse
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import questions

HERE = pathlib.Path(__file__).resolve().parent
SIZES = {"10k": (10_000, 240_000), "100k": (100_000, 2_400_000), "1m": (1_000_000, 24_000_000)}
SEED = 42


def p50(values):
    return statistics.median(values)


def fsync_p50_ms(folder):
    """The disk's median time of a 4 KiB append with fdatasync; ends where that costs nothing."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        times = []
        for _ in range(300):
            start = time.perf_counter()
            os.write(file.fileno(), b"x" * 4096)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1e3)
    sync = p50(times)
    if sync < 0.01:
        sys.exit(f"fdatasync takes {sync * 1e3:.1f} us here: this file system does not keep its "
                 "promise, commits cannot be measured on it; choose another with --work")
    return sync


BEFORE = []


def run_json(command):
    command = BEFORE + [str(c) for c in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"failed with {done.returncode}: {' '.join(command)}")
    return json.loads(done.stdout)


def cli_p50_ms(command, repetitions=21):
    """Of a fresh process that runs the command."""
    timer = ("import json, subprocess, sys, time\ntimes = []\n"
             "for _ in range(int(sys.argv[1])):\n"
             "    start = time.perf_counter()\n"
             "    subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL)\n"
             "    times.append((time.perf_counter() - start) * 1e3)\n"
             "print(json.dumps(times))")
    return p50(run_json([sys.executable, "-c", timer, repetitions, *command]))


def once(keep, path, make):
    """What `make` returns, kept beside the data that it loads into `path`."""
    note = path.with_name(path.name + ".json")
    if keep and note.exists():
        return json.loads(note.read_text())
    subprocess.run(["rm", "-rf", str(path), str(note)], check=True)
    result = make()
    note.write_text(json.dumps(result))
    return result


class Table:
    def __init__(self):
        self.rows = []

    def add(self, figure, ours, unit, rival="", theirs=None, bound="", holds=None):
        ratio = "" if theirs is None else f"{theirs / ours:.1f}x"
        beside = "" if theirs is None else f"{rival} {theirs:.3g} {unit}"
        verdict = "" if holds is None else ("yes" if holds else "NO")
        self.rows.append((figure, f"{ours:.4g} {unit}", beside, ratio, bound, verdict))

    def text(self):
        head = ("figure", "omnigraph", "beside it", "ratio", "bound", "holds")
        lines = ["| " + " | ".join(r) + " |" for r in [head, ("---",) * len(head)] + self.rows]
        return "\n".join(lines)


# How often q1 and q9 are asked on one thread and on two.
THREAD_REPETITIONS = {"10k": 300, "100k": 300, "1m": 60}


def two_threads_over_one(table, work, store, bench, size):
    drawn = questions.draw_parameters(SEED, THREAD_REPETITIONS[size], SIZES[size][0], False)
    file = work / "thread-parameters.json"
    file.write_text(json.dumps({name: drawn[name] for name in ("q1", "q9")}))
    one, two = (run_json([bench, "questions", store, HERE / "questions.gq", file, threads])
                ["times"] for threads in ("1", "2"))
    for name in one:
        gain = p50(one[name]) / p50(two[name])
        table.add(f"{name}, two threads over one", gain, "", bound="1.6", holds=gain >= 1.6)


def ask_all(table, work, data, store, bench, options):
    size = options.size
    parameters = questions.draw_parameters(SEED, options.repetitions, SIZES[size][0], size == "10k")
    file = work / "parameters.json"
    file.write_text(json.dumps(parameters))
    rivals = {}
    for name in ("kuzu", "duckdb"):
        folder, script = work / f"{name}-{size}", HERE / "rivals.py"
        loaded = once(options.keep, folder,
                      lambda: run_json([sys.executable, script, name, "load", data, folder]))
        rivals[name] = loaded | run_json([sys.executable, script, name, "ask", folder, file])
    ours = run_json([bench, "questions", store, HERE / "questions.gq", file])
    for name in parameters:
        mine = [questions.measure(name, [list(row.values()) for row in rows])
                for rows in ours["answers"][name]]
        asked = {rival: result for rival, result in rivals.items() if name in result["answers"]}
        for rival, result in asked.items():
            theirs = [questions.measure(name, rows) for rows in result["answers"][name]]
            if mine != theirs:
                sys.exit(f"{name}: Omnigraph and {rival} answer differently: {mine} {theirs}")
        best = min(asked, key=lambda r: p50(asked[r]["times"][name]))
        theirs, elapsed = p50(asked[best]["times"][name]), p50(ours["times"][name])
        factor = questions.FACTORS[name]
        table.add(f"{name}, warm", elapsed, "ms", best, theirs, f"{factor}x faster",
                  theirs / elapsed >= factor)
    two_threads_over_one(table, work, store, bench, size)
    limit = 2048 if size == "1m" else 300
    table.add("peak anonymous memory over all questions", ours["anonymous_kib"] / 1024, "MiB",
              "kuzu", rivals["kuzu"]["anonymous_kib"] / 1024, f"{limit} MiB",
              ours["anonymous_kib"] < limit * 1024)
    return rivals


def forty_segments(table, work, data, bench, cli):
    """q8 as the first query after an edge was inserted, with the edges in some 40 segments."""
    store, part = work / "segments", work / "part.jsonl"
    subprocess.run(["rm", "-rf", str(store)], check=True)
    subprocess.run([cli, "init", "--schema", data / "schema.pg", store], check=True,
                   stdout=subprocess.DEVNULL)

    def load(lines):
        part.write_text("".join(lines))
        subprocess.run([cli, "load", "--mode", "append", "--data", part, store], check=True,
                       stdout=subprocess.DEVNULL)
    with open(data / "data.jsonl") as file:
        lines = file.readlines()
    edges = [line for line in lines if '"edge":"Follows"' in line]
    load([line for line in lines if '"edge":"Follows"' not in line])
    chunk = -(-len(edges) // 40)
    for begin in range(0, len(edges), chunk):
        load(edges[begin:begin + chunk])
    part.unlink()
    answer = run_json([bench, "after_insert", store, HERE / "questions.gq"])
    table.add(f"q8 first after an insert, {answer['segments']} segments", answer["p50_ms"], "ms",
              bound="10 ms", holds=answer["p50_ms"] <= 10)


def measure_commits(table, work, bench, cli):
    script = HERE / "rivals.py"
    sqlite = run_json([sys.executable, script, "sqlite", "commits", work / "sqlite"])["commit_ms"]
    subprocess.run(["rm", "-rf", str(work / "sqlite"), str(work / "commits")], check=True)
    commits = run_json([bench, "commits", work / "commits", "10", "100", "1000", "10000"])
    unit = p50(sqlite)
    at = {row["depth"]: row for row in commits["depths"]}
    for depth, row in at.items():
        table.add(f"single-row commit at depth {depth}", row["p50_ms"], "ms", "sqlite", unit,
                  "1.5x sqlite", row["p50_ms"] <= 1.5 * unit)
        table.add(f"bytes of its append at depth {depth}", row["bytes"], "B", bound="2048 B",
                  holds=row["bytes"] <= 2048)
        table.add(f"the same with folds and checkpoints at depth {depth}", row["amortized_bytes"],
                  "B")
    growth = at[10000]["p50_ms"] / at[10]["p50_ms"]
    table.add("commit, depth 10,000 over depth 10", growth, "", bound="1.3", holds=growth <= 1.3)
    deep = [cli, "query", "--store", work / "commits", "-e",
            'query q() { match { $p: Person { key: "k7" } } return { $p.name } }', "--json"]
    shallow = list(deep)
    subprocess.run(["rm", "-rf", str(work / "shallow")], check=True)
    run_json([bench, "commits", work / "shallow", "10"])
    shallow[3] = work / "shallow"
    ratio = cli_p50_ms(deep) / cli_p50_ms(shallow)
    table.add("fresh-process lookup, depth 10,000 over 10", ratio, "", bound="1.3",
              holds=ratio <= 1.3)
    subprocess.run(["rm", "-rf", str(work / "threads")], check=True)
    threads = run_json([bench, "threads", work / "threads", "16"])
    per_second = 1000 / unit
    table.add("16 threads, commits/s", threads["per_second"], "/s", bound="6x sqlite with one",
              holds=threads["per_second"] >= 6 * per_second)
    table.add("SQLite with one thread, commits/s", per_second, "/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="100k")
    parser.add_argument("--work", type=pathlib.Path, default=HERE.parent / "build" / "bench")
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build" / "release")
    parser.add_argument("--repetitions", type=int, default=11)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--questions-only", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--before", default="")
    options = parser.parse_args()
    BEFORE.extend(shlex.split(options.before))
    work = options.work
    work.mkdir(parents=True, exist_ok=True)
    persons, follows = SIZES[options.size]
    data = work / f"data-{options.size}"
    bench, cli = options.build / "omnigraph_bench", options.build / "omnigraph"
    sync = fsync_p50_ms(work)
    if not (data / "schema.pg").exists():
        subprocess.run([options.build / "bench_generate", data, str(persons), str(follows),
                        str(SEED)], check=True)
    table = Table()
    table.add("disk: 4 KiB append + fdatasync, p50", sync, "ms")

    store = work / f"graph-{options.size}"
    load = once(options.keep, store, lambda: run_json([bench, "load", store, data]))
    rivals = ask_all(table, work, data, store, bench, options)
    small = options.size == "100k"
    table.add("load NDJSON, durable", load["ms"], "ms", "kuzu (CSV)", rivals["kuzu"]["load_ms"],
              "1500 ms" if small else "", load["ms"] < 1500 if small else None)
    table.add("load, peak resident memory", load["peak_kib"] / 1024, "MiB", bound="256 MiB"
              if small else "", holds=load["peak_kib"] < 256 * 1024 if small else None)
    table.add("store after load and questions", load["bytes"] / 1e6, "MB", "duckdb",
              rivals["duckdb"]["bytes"] / 1e6, "45 MB" if small else "",
              load["bytes"] < 45e6 if small else None)

    lookup = run_json([bench, "lookup", store, HERE / "questions.gq", str(persons)])
    table.add("point lookup by key, in process", lookup["p50_us"], "us", bound="20 us",
              holds=lookup["p50_us"] < 20)
    command = [cli, "query", "lookup", "--store", store, "--query", HERE / "questions.gq",
               "--params", '{"key":"p77"}', "--json"]
    cold = cli_p50_ms(command)
    table.add("the same as a fresh process", cold, "ms", bound="20 ms", holds=cold < 20)

    cold_hop = cli_p50_ms([cli, "query", "lookup_hop", *command[3:]])
    table.add("point lookup and one hop as a fresh process", cold_hop, "ms", bound="100 ms",
              holds=cold_hop < 100)
    plan = run_json([bench, "plan", store, HERE / "questions.gq"])
    table.add("parse, check and plan a ten-clause query", plan["p50_us"], "us", bound="200 us",
              holds=plan["p50_us"] < 200)
    if small:
        forty_segments(table, work, data, bench, cli)

    if not options.questions_only:
        measure_commits(table, work, bench, cli)
    print(table.text())
    if options.json:
        options.json.write_text(json.dumps(table.rows, indent=1))


if __name__ == "__main__":
    main()
