"""Branches and merges of doltlite (Dolt's version control on SQLite) on the rows that omnigraph_history
uses; one part a process, JSON on stdout. Every write is durable (`synchronous = FULL`).

    history_rivals.py branches|small_merge FILE ROWS
    history_rivals.py large_merge|prepare_large|merge|past FILE
"""

import importlib
import json
import statistics
import sys
import time

CHANGED, LARGE_ROWS = 10_000, 100_000


def timed(action):
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


class Repository:
    def __init__(self, path, rows=None):
        import sqlite3
        self.db = sqlite3.connect(path, isolation_level=None, timeout=60)
        self.run("PRAGMA synchronous = FULL")
        if rows is None:
            return
        self.run("CREATE TABLE person (key TEXT PRIMARY KEY, name TEXT, age INTEGER)")
        self.put((i, i % 80) for i in range(rows))

    def run(self, statement, values=()):
        return self.db.execute(statement, values).fetchall()

    def put(self, rows):
        self.run("BEGIN")
        self.db.executemany("INSERT OR REPLACE INTO person VALUES (?, 'Ada Lovelace', ?)",
                            ((f"k{i}", age) for i, age in rows))
        self.run("COMMIT")
        self.commit()

    def commit(self):
        self.run("SELECT dolt_commit('-A', '-m', 'rows')")

    def one_row(self, i):
        self.run("INSERT INTO person VALUES (?, 'Ada Lovelace', 7)", (f"new{i}",))
        self.commit()

    def diverge(self, theirs, ours):
        self.run("SELECT dolt_checkout('-b', 'side')")
        self.put(theirs)
        self.run("SELECT dolt_checkout('main')")
        self.put(ours)

    def merge(self):
        return timed(lambda: self.run("SELECT dolt_merge('side')"))

    def forget_side(self):
        self.run("SELECT dolt_branch('-D', 'side')")


def branches(path, rows):
    repository = Repository(path, rows)
    times = {"commit_ms": [], "create_ms": [], "delete_ms": []}
    for i in range(100):
        times["commit_ms"].append(timed(lambda: repository.one_row(i)))
        times["create_ms"].append(timed(lambda: repository.run("SELECT dolt_branch('side')")))
        times["delete_ms"].append(timed(repository.forget_side))
    return {name: statistics.median(values) for name, values in times.items()}


def small_merge(path, rows):
    repository = Repository(path, rows)
    times = []
    for i in range(100):
        repository.diverge([((i * 7919 + r * 997) % rows, 100 + i) for r in range(10)],
                           [(rows + i, 1)])
        times.append(repository.merge())
        repository.forget_side()
    return {"merge_ms": statistics.median(times)}


def rows_from(first, age):
    return [(i, age) for i in range(first, first + CHANGED)]


def large_merge(path):
    repository = Repository(path, LARGE_ROWS)
    disjoint = []
    for i in range(11):
        repository.diverge(rows_from(0, 200 + i), rows_from(50_000, 300 + i))
        disjoint.append(repository.merge())
        repository.forget_side()
    return {"disjoint_ms": statistics.median(disjoint)}


def prepare_large(path):
    Repository(path, LARGE_ROWS).diverge(rows_from(0, 200), rows_from(50_000, 300))
    return {}


def merge(path):
    start = time.perf_counter()
    Repository(path).merge()
    return {"merge_ms": (time.perf_counter() - start) * 1e3}


def main():
    importlib.import_module("doltlite")  # takes the place of SQLite's library; must come first
    part, path, *rows = sys.argv[1:]
    parts = {"branches": branches, "small_merge": small_merge, "large_merge": large_merge,
             "prepare_large": prepare_large, "merge": merge}
    print(json.dumps(parts[part](path, *(int(n) for n in rows))))


if __name__ == "__main__":
    main()
