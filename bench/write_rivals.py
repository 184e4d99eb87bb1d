"""Writes of the systems that stand beside Omnigraph, one process each; JSON on stdout.

    write_rivals.py sqlite|doltlite WORK_DIR                 single-row commits
    write_rivals.py sqlite-worker FILE NAME COMMITS          one of several writers
    write_rivals.py kuzu WORK_DIR                            single-row commits
    write_rivals.py kuzu-copy WORK_DIR DATA_DIR              COPY of Parquet files
"""

import importlib
import json
import pathlib
import statistics
import sys
import time

WARM_UP, MEASURED = 2000, 900


def timed(action):
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def single_rows(insert, update, delete):
    """Medians of a durable commit of each kind, one kind after the other, after a warm-up."""
    times = {"add": [], "change": [], "remove": []}
    insert("k-3", 0)
    for i in range(0, WARM_UP + MEASURED, 3):
        measured = {"add": timed(lambda: insert(f"k{i}", i % 80)),
                    "change": timed(lambda: update(f"k{i}", i % 80 + 1)),
                    "remove": timed(lambda: delete(f"k{i - 3}"))}
        if i >= WARM_UP:
            for kind, elapsed in measured.items():
                times[kind].append(elapsed)
    return {kind: statistics.median(values) for kind, values in times.items()}


def open_sqlite(path):
    import sqlite3
    db = sqlite3.connect(path, isolation_level=None, timeout=60)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE IF NOT EXISTS person (key TEXT PRIMARY KEY, name TEXT, age INTEGER)")
    return db


def sqlite_statements(db, after=""):
    def run(statement, values):
        db.execute(statement, values)
        if after:
            db.execute(after).fetchall()
    return (lambda key, age: run("INSERT INTO person VALUES (?, 'Ada Lovelace', ?)", (key, age)),
            lambda key, age: run("UPDATE person SET age = ? WHERE key = ?", (age, key)),
            lambda key: run("DELETE FROM person WHERE key = ?", (key,)))


def sqlite_single(work):
    return single_rows(*sqlite_statements(open_sqlite(work / "sqlite.db")))


def doltlite_single(work):
    """Plain durable writes, and each followed by a commit of its version history."""
    plain = single_rows(*sqlite_statements(open_sqlite(work / "doltlite.db")))
    versioned = single_rows(*sqlite_statements(
        open_sqlite(work / "versioned.db"), "SELECT dolt_commit('-A', '-m', 'one row')"))
    return {"plain": plain, "versioned": versioned}


def sqlite_worker(path, name, commits):
    db = open_sqlite(path)
    db.execute("INSERT INTO person VALUES (?, 'Ada Lovelace', 0)", (name,))
    print("ready", flush=True)
    sys.stdin.readline()

    def insert_all():
        for i in range(commits):
            db.execute("INSERT INTO person VALUES (?, 'Ada Lovelace', ?)", (f"{name}-{i}", i % 80))
    return {"ms": timed(insert_all)}


def open_kuzu(path):
    import kuzu
    return kuzu.Connection(kuzu.Database(str(path), max_num_threads=2), num_threads=2)


def kuzu_single(work):
    db = open_kuzu(work / "kuzu-single.db")
    db.execute("CREATE NODE TABLE person (key STRING, name STRING, age INT32, PRIMARY KEY (key))")
    add = db.prepare("CREATE (:person {key: $key, name: 'Ada Lovelace', age: $age})")
    change = db.prepare("MATCH (p:person {key: $key}) SET p.age = $age")
    remove = db.prepare("MATCH (p:person {key: $key}) DELETE p")
    return single_rows(lambda key, age: db.execute(add, {"key": key, "age": age}),
                       lambda key, age: db.execute(change, {"key": key, "age": age}),
                       lambda key: db.execute(remove, {"key": key}))


def kuzu_copy(work, data):
    from rivals import EDGES, TABLES
    db = open_kuzu(work / "kuzu-copy.db")

    def copy():
        for table, columns in TABLES.items():
            columns = columns.replace("VARCHAR", "STRING").replace("INTEGER", "INT32")
            db.execute(f"CREATE NODE TABLE {table.capitalize()} ({columns}, PRIMARY KEY (key))")
            db.execute(f"COPY {table.capitalize()} FROM '{data}/{table}.parquet'")
        for table, (name, source, target) in EDGES.items():
            db.execute(f"CREATE REL TABLE {name} (FROM {source} TO {target})")
            db.execute(f"COPY {name} FROM '{data}/{table}.parquet'")
        db.execute("CHECKPOINT")
    return {"ms": timed(copy)}


SINGLE = {"sqlite": sqlite_single, "doltlite": doltlite_single, "kuzu": kuzu_single}


def main():
    system, path = sys.argv[1], pathlib.Path(sys.argv[2])
    if system == "doltlite":
        importlib.import_module("doltlite")  # takes the place of SQLite's library; must come first
    if system == "sqlite-worker":
        answer = sqlite_worker(path, sys.argv[3], int(sys.argv[4]))
    elif system == "kuzu-copy":
        path.mkdir(parents=True, exist_ok=True)
        answer = kuzu_copy(path, sys.argv[3])
    else:
        path.mkdir(parents=True, exist_ok=True)
        answer = SINGLE[system](path)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
