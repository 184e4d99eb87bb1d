#!/usr/bin/env python3
"""Measures writes and prints their table: Omnigraph beside SQLite, doltlite and Kuzu on the same disk,
in the same run.

    bench/writes.py [--only single|threads|processes|load|parquet|merge|export]… [--large]
                    [--work DIR] [--build DIR] [--json FILE]

Needs what bench/run.py needs. Without --only everything is measured; --large adds the graph of 1,000,000
persons and 24,000,000 follows (1.5 GB of NDJSON).
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys

from run import SEED, SIZES, Table, fsync_p50_ms, p50, run_json

HERE = pathlib.Path(__file__).resolve().parent
PARTS = ("single", "threads", "processes", "load", "parquet", "merge", "export")
KINDS = {"add": "insert", "change": "update by key", "remove": "delete by key"}
ROWS = (1_000, 10_000, 100_000, 1_000_000)
DEPTHS = (10, 100, 1_000, 10_000)
THREADS = {1: 0.8, 4: 2, 16: 6, 64: 8}  # and how many of SQLite's commits a second, at least
MERGED = {10_000: 300, 100_000: 1500}  # changed rows: milliseconds
REPETITIONS = 3


class Bench:
    def __init__(self, options):
        self.options = options
        self.table = Table()
        self.work = options.work
        self.program = options.build / "omnigraph_writes"

    def fresh(self, name):
        path = self.work / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        return path

    def ours(self, *command):
        return run_json([self.program, *command])

    def rival(self, *command):
        return run_json([sys.executable, HERE / "write_rivals.py", *command])

    def data(self, size):
        folder = self.work / f"data-{size}"
        if not (folder / "schema.pg").exists():
            persons, follows = SIZES[size]
            subprocess.run([self.options.build / "bench_generate", folder, str(persons),
                            str(follows), str(SEED)], check=True)
        return folder

    def sqlite(self):
        """A durable commit of SQLite, asked anew beside each part: the disk's mood changes."""
        return self.rival("sqlite", self.fresh("sqlite"))

    # ---- parts ----

    def single(self):
        beside = {"sqlite": self.sqlite(), "kuzu": self.rival("kuzu", self.fresh("kuzu")),
                  **{"doltlite, " + name: times for name, times in
                     self.rival("doltlite", self.fresh("doltlite")).items()}}
        for system, times in beside.items():
            for kind, ms in times.items():
                self.table.add(f"{KINDS[kind]} of one row, {system}", ms, "ms")
        at = {}
        for rows in ROWS:
            for row in self.ours("single", self.fresh("single"), rows, *DEPTHS)["commits"]:
                at[row["kind"], rows, row["depth"]] = row
        # What SQLite takes now, after ours: both ends of the run count.
        unit = {kind: max(beside["sqlite"][kind], ms) for kind, ms in self.sqlite().items()}
        for (kind, rows, depth), row in at.items():
            self.table.add(f"{KINDS[kind]}, {rows:,} rows, depth {depth:,}", row["p50_ms"], "ms",
                           "sqlite", unit[kind], "1.2x sqlite", row["p50_ms"] <= 1.2 * unit[kind])
        for kind, name in KINDS.items():
            times = [row["p50_ms"] for key, row in at.items() if key[0] == kind]
            self.table.add(f"{name}: slowest over fastest", max(times) / min(times), "",
                           bound="1.3", holds=max(times) <= 1.3 * min(times))
            sizes = {row["bytes"] for key, row in at.items() if key[0] == kind}
            self.table.add(f"{name}: bytes of a commit, most", max(sizes), "B",
                           bound="the same everywhere", holds=len(sizes) == 1)

    def threads(self):
        for threads, factor in THREADS.items():
            unit = 1000 / self.sqlite()["add"]
            rate = max(self.ours("threads", self.fresh("threads"), threads, 40_000)["per_second"]
                       for _ in range(REPETITIONS))
            self.table.add(f"{threads} threads on one handle", rate, "/s", "sqlite, one writer",
                           unit, f"{factor}x sqlite", rate >= factor * unit)

    def processes(self):
        commits = 8_000

        def race(commands):
            workers = [subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True) for command in commands]
            for worker in workers:
                worker.stdout.readline()
            for worker in workers:
                worker.stdin.write("go\n")
                worker.stdin.flush()
            times = [json.loads(worker.communicate()[0])["ms"] for worker in workers]
            return len(commands) * commits / max(times) * 1000
        store, file = self.fresh("processes"), self.fresh("processes.db")
        for suffix in ("-wal", "-shm"):
            self.fresh(f"processes.db{suffix}")
        self.ours("create", store)
        ours = race([[self.program, "worker", store, f"p{i}", 4, commits] for i in range(4)])
        theirs = race([[sys.executable, HERE / "write_rivals.py", "sqlite-worker", file, f"p{i}",
                        commits] for i in range(4)])
        self.table.add("4 processes of 4 threads on one folder", ours, "/s",
                       "sqlite, 4 processes", theirs, "2x sqlite", ours >= 2 * theirs)

    def load_once(self, size):
        data = self.data(size)
        return self.ours("load", self.fresh(f"graph-{size}"), data / "schema.pg", "overwrite",
                         data / "data.jsonl")

    def load(self):
        small = min((self.load_once("100k") for _ in range(REPETITIONS)), key=lambda r: r["ms"])
        self.table.add("load NDJSON, 100K/2.4M", small["ms"], "ms")
        self.table.add("its peak resident memory", small["peak_kib"] / 1024, "MiB")
        if not self.options.large:
            return
        large = self.load_once("1m")
        self.table.add("load NDJSON, 1M/24M", large["ms"], "ms")
        ratio = large["ms"] / small["ms"] / 10
        self.table.add("ten times the data: time over ten times", ratio, "", bound="1.2",
                       holds=ratio <= 1.2)
        self.table.add("its peak resident memory", large["peak_kib"] / 1024, "MiB",
                       bound="1024 MiB", holds=large["peak_kib"] <= 1024 * 1024)

    def parquet(self):
        from rivals import EDGES, TABLES
        data = self.data("100k")
        tables = {name: name.capitalize() for name in TABLES}
        tables.update({name: kind[0] for name, kind in EDGES.items()})
        # Our columns of ends are called otherwise than Kuzu's; the pages are the same.
        named = self.work / "parquet-100k"
        write_parquet(data, named, tables)
        ours = min((self.ours("load", self.fresh("parquet"), data / "schema.pg", "overwrite",
                              *[f"{named}/{file}.parquet={kind}" for file, kind in tables.items()])
                    for _ in range(REPETITIONS)), key=lambda r: r["ms"])
        theirs = min(self.rival("kuzu-copy", self.fresh("kuzu-copy"), named)["ms"]
                     for _ in range(REPETITIONS))
        self.table.add("load Parquet, 100K/2.4M", ours["ms"], "ms", "kuzu COPY", theirs,
                       "kuzu", ours["ms"] <= theirs)
        self.table.add("its peak resident memory", ours["peak_kib"] / 1024, "MiB")

    def merge(self):
        store = self.work / "graph-1m"
        if not self.options.large:
            store = self.fresh("merge")
            self.write_persons("persons.jsonl", 1_000_000, 1)
            self.ours("load", store, self.data("100k") / "schema.pg", "overwrite",
                      self.work / "persons.jsonl")
        elif not store.exists():
            self.load_once("1m")
        for count, bound in MERGED.items():
            times = []
            for turn in range(REPETITIONS):
                self.write_persons("changed.jsonl", count, 1_000_000 // count, turn + 30)
                times.append(self.ours("load", store, "-", "merge",
                                       self.work / "changed.jsonl")["ms"])
            self.table.add(f"merge {count:,} changed rows into 1,000,000", p50(times), "ms",
                           bound=f"{bound} ms", holds=p50(times) <= bound)

    def write_persons(self, name, count, stride, age=20):
        with open(self.work / name, "w") as file:
            for i in range(count):
                file.write(f'{{"type":"Person","data":{{"key":"p{i * stride}","name":"Ada Lovelace"'
                           f',"age":{age},"gender":"female"}}}}\n')

    def export(self):
        for size, bound in (("10k", None), ("100k", 3000)):
            store = self.work / f"graph-{size}"
            if not store.exists():
                self.load_once(size)
            for form in ("ndjson", "parquet=Follows"):
                answer = min((self.ours("export", store, form) for _ in range(REPETITIONS)),
                             key=lambda r: r["ms"])
                limited = bound if form == "ndjson" else None
                self.table.add(f"export {form}, {size}", answer["ms"], "ms",
                               bound=f"{limited} ms" if limited else "",
                               holds=answer["ms"] <= limited if limited else None)
                self.table.add("its peak resident memory", answer["peak_kib"] / 1024, "MiB")


def write_parquet(data, out, tables):
    """The CSV files of the generator as Parquet."""
    import pyarrow.csv
    import pyarrow.parquet
    out.mkdir(exist_ok=True)
    for name in tables:
        rows = pyarrow.csv.read_csv(data / f"{name}.csv")
        if "src" in rows.column_names:
            rows = rows.rename_columns(["from", "to"])
        if "age" in rows.column_names:
            rows = rows.set_column(2, "age", rows["age"].cast("int32"))
        pyarrow.parquet.write_table(rows, out / f"{name}.parquet")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--work", type=pathlib.Path, default=HERE.parent / "build" / "bench")
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build" / "release")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    sync = fsync_p50_ms(options.work)
    bench = Bench(options)
    bench.table.add("disk: 4 KiB append + fdatasync, p50", sync, "ms")
    for part in options.only or PARTS:
        getattr(bench, part)()
    print(bench.table.text())
    if options.json:
        options.json.write_text(json.dumps(bench.table.rows, indent=1))


if __name__ == "__main__":
    main()
