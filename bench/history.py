#!/usr/bin/env python3
"""Measures branches, merges and the past, and prints their table: Omnigraph beside doltlite on the same
rows and the same disk, in one run. A single-row commit and a read at the head are the units.

    bench/history.py [--only branches|small|large|targets|past|diff]…
                     [--work DIR] [--build DIR] [--json FILE]

Needs what bench/run.py needs.
"""

import argparse
import json
import pathlib
import shutil
import sys

from run import Table, cli_p50_ms, fsync_p50_ms, run_json

HERE = pathlib.Path(__file__).resolve().parent
PARTS = ("branches", "small", "large", "targets", "past", "diff")
COMMITS = 10_000


class Bench:
    def __init__(self, options):
        self.options = options
        self.table = Table()
        self.work = options.work / "history"
        self.work.mkdir(parents=True, exist_ok=True)

    def fresh(self, name):
        path = self.work / name
        shutil.rmtree(path, ignore_errors=True)
        for file in self.work.glob(name + "*"):
            if file.is_dir():
                shutil.rmtree(file)
            else:
                file.unlink()
        return path

    def ours(self, part, store, *numbers):
        return run_json([self.options.build / "omnigraph_history", part, store, *numbers])

    def doltlite(self, part, *numbers, keep=False):
        file = self.work / "doltlite.db" if keep else self.fresh("doltlite.db")
        return run_json([sys.executable, HERE / "history_rivals.py", part, file, *numbers])

    def branches(self):
        creates = []
        theirs = self.doltlite("branches", 100_000)
        for rows, types in ((10_000, 1), (100_000, 1), (1_000_000, 1), (10_000, 10),
                            (10_000, 100)):
            ours = self.ours("branches", self.fresh("graph"), rows, types)
            unit = ours["commit_ms"]
            what = f"{rows:,} rows of {types} type{'s' if types > 1 else ''}"
            self.table.add(f"single-row commit, {what}", unit, "ms")
            for kind in ("create", "delete"):
                ms = ours[f"{kind}_ms"]
                creates.append(ms)
                self.table.add(f"branch {kind}, {what}", ms, "ms", "doltlite",
                               theirs[f"{kind}_ms"], "1.2x a commit", ms <= 1.2 * unit)

    def small(self):
        for rows in (10_000, 100_000, 1_000_000):
            ours = self.ours("small_merge", self.fresh("graph"), rows)
            theirs = self.doltlite("small_merge", rows)["merge_ms"] if rows <= 100_000 else None
            ms, unit = ours["merge_ms"], ours["commit_ms"]
            holds = ms <= 2 * unit and (rows != 100_000 or ms <= theirs)
            self.table.add(f"merge of 10 changed rows into {rows:,}", ms, "ms", "doltlite", theirs,
                           "2x a commit" + (", doltlite" if rows == 100_000 else ""), holds)
            self.table.add("a commit beside it", unit, "ms")

    def large(self):
        theirs = self.doltlite("large_merge")["disjoint_ms"]
        ours = self.ours("large_merge", self.fresh("graph"))
        self.table.add("merge of 10,000 changed rows and 10,000 others", ours["disjoint_ms"], "ms",
                       "doltlite", theirs, "doltlite", ours["disjoint_ms"] <= theirs)
        for name, what in (("agreeing", "changed alike by both"), ("conflicting", "that conflict")):
            ms = ours[f"{name}_ms"]
            self.table.add(f"merge of 10,000 rows {what}", ms, "ms", bound="50 ms", holds=ms <= 50)
        self.doltlite("prepare_large")
        their_cold = self.doltlite("merge", keep=True)["merge_ms"]
        store = self.fresh("graph")
        self.ours("prepare_large", store)
        cold = self.ours("merge", store)
        ms = cold["open_ms"] + cold["merge_ms"]
        self.table.add("the disjoint merge as a fresh process, with the open", ms, "ms", "doltlite",
                       their_cold, "3x doltlite, warm", ms <= 3 * theirs)

    def targets(self):
        ours = self.ours("targets", self.fresh("graph"))
        alone, together = ours["alone_per_second"], ours["together_per_second"]
        self.table.add("merges into 8 targets, one after another", alone, "/s")
        self.table.add("the same by 8 threads", together, "/s", bound="3x",
                       holds=together >= 3 * alone)

    def past(self):
        store = self.fresh("graph")
        ours = self.ours("past", store, COMMITS)
        head, past = ours["head_ms"] * 1e3, ours["past_ms"] * 1e3
        self.table.add(f"point read at the head, {COMMITS:,} commits", head, "us")
        self.table.add(f"point read {COMMITS:,} commits back", past, "us", bound="1.2x the head",
                       holds=past <= 1.2 * head)
        self.table.add("its first touch", ours["past_first_touch_ms"] * 1e3, "us")
        ask = [self.options.build / "omnigraph", "query", "--store", store, "--json", "-e",
               'query q() { match { $p: Person { key: "k7" } } return { $p.age } }']
        cold_head = cli_p50_ms(ask)
        cold_past = cli_p50_ms([*ask, "--snapshot", ours["far_back"]])
        self.table.add("point read at the head, fresh process", cold_head, "ms")
        self.table.add(f"point read {COMMITS:,} commits back, fresh process", cold_past, "ms",
                       bound="1.5x the head", holds=cold_past <= 1.5 * cold_head)
        for name, what, unit, factor in (("head", "point read", "us", 1e3),
                                         ("scan", "count and average of all rows", "ms", 1)):
            one, other = ours[f"{name}_ms"] * factor, ours[f"at_once_{name}_ms"] * factor
            self.table.add(f"{what} after {COMMITS:,} single-row commits", one, unit,
                           "loaded at once", other, "1.5x that", one <= 1.5 * other)
        for name, what in (("first", "polled to the end"), ("again", "polled once more")):
            rate = ours[f"feed_{name}_ms_changes"] / ours[f"feed_{name}_ms"] * 1e3
            self.table.add(f"changes of {COMMITS:,} commits {what}", rate, "/s",
                           bound="100,000 /s", holds=rate >= 100_000)

    def diff(self):
        ours = self.ours("diff", self.fresh("graph"), 1_000_000)
        for name, what in (("first", "first"), ("again", "again"),
                           ("across_optimize", "first, across an optimize")):
            ms = ours[f"{name}_ms"]
            self.table.add(f"diff of two commits 10 rows apart in 1,000,000, {what}", ms, "ms",
                           bound="5 ms", holds=ms <= 5)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--work", type=pathlib.Path, default=HERE.parent / "build" / "bench")
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build" / "release")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    bench = Bench(options)
    bench.table.add("disk: 4 KiB append + fdatasync, p50", fsync_p50_ms(bench.work), "ms")
    for part in options.only or PARTS:
        getattr(bench, part)()
    print(bench.table.text())
    if options.json:
        options.json.write_text(json.dumps(bench.table.rows, indent=1))


if __name__ == "__main__":
    main()
