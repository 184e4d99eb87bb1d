"""Loads the generated CSV files into the systems that stand beside Omnigraph and asks them the nine
questions. Runs one step of one system a process so that peak memory is its own.

    rivals.py kuzu|duckdb load DATA_DIR WORK_DIR          → JSON on stdout
    rivals.py kuzu|duckdb ask WORK_DIR PARAMETERS.json
    rivals.py sqlite commits WORK_DIR
"""

import json
import pathlib
import sqlite3
import sys
import threading
import time

from questions import QUESTIONS, TRAVERSALS

TABLES = {
    "person": "key VARCHAR, name VARCHAR, age INTEGER, gender VARCHAR",
    "city": "key VARCHAR, name VARCHAR",
    "state": "key VARCHAR, name VARCHAR",
    "country": "key VARCHAR, name VARCHAR",
    "interest": "key VARCHAR, name VARCHAR",
}
EDGES = {
    "follows": ("Follows", "Person", "Person"),
    "lives_in": ("LivesIn", "Person", "City"),
    "has_interest": ("HasInterest", "Person", "Interest"),
    "city_in": ("CityIn", "City", "State"),
    "state_in": ("StateIn", "State", "Country"),
}


class AnonymousPeak:
    """Largest anonymous resident memory of this process while running, sampled each 2 ms."""

    def __enter__(self):
        self.peak, self.stop = 0, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()
        return self

    def watch(self):
        while not self.stop.wait(0.002):
            self.peak = max(self.peak, anonymous_kib())

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def anonymous_kib():
    for line in open("/proc/self/status"):
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    return 0


def timed(action):
    start = time.perf_counter()
    result = action()
    return (time.perf_counter() - start) * 1e3, result


def ask(run, parameters):
    answers, times = {}, {}
    for name, sql, cypher, _, _ in QUESTIONS + TRAVERSALS:
        text = sql if run.dialect == "sql" else cypher
        if name not in parameters or text is None:
            continue
        answers[name], times[name] = [], []
        for values in parameters[name]:
            elapsed, rows = timed(lambda: run(sql, cypher, values))
            times[name].append(elapsed)
            answers[name].append([list(row) for row in rows])
    return answers, times


def folder_bytes(path):
    path = pathlib.Path(path)
    if path.is_file():
        return path.stat().st_size
    return sum(f.stat().st_size for f in path.rglob("*") if f.is_file())


class DuckDB:
    dialect = "sql"

    def __init__(self, work):
        import duckdb
        self.path = work / "duckdb.db"
        self.db = duckdb.connect(str(self.path))
        self.db.execute("SET threads = 2")

    def load(self, data):
        for table, columns in TABLES.items():
            self.db.execute(f"CREATE TABLE {table} ({columns})")
            self.db.execute(f"COPY {table} FROM '{data}/{table}.csv' (HEADER)")
        for table in EDGES:
            self.db.execute(f"CREATE TABLE {table} (src VARCHAR, dst VARCHAR)")
            self.db.execute(f"COPY {table} FROM '{data}/{table}.csv' (HEADER)")
        self.db.execute("CHECKPOINT")

    def __call__(self, sql, _, values):
        return self.db.execute(sql, values or None).fetchall()


class Kuzu:
    dialect = "cypher"

    def __init__(self, work):
        import kuzu
        self.path = work / "kuzu.db"
        self.db = kuzu.Database(str(self.path), max_num_threads=2, buffer_pool_size=8 << 30)
        self.connection = kuzu.Connection(self.db, num_threads=2)

    def load(self, data):
        for table, columns in TABLES.items():
            columns = columns.replace("VARCHAR", "STRING").replace("INTEGER", "INT32")
            self.connection.execute(
                f"CREATE NODE TABLE {table.capitalize()} ({columns}, PRIMARY KEY (key))")
            self.connection.execute(
                f"COPY {table.capitalize()} FROM '{data}/{table}.csv' (HEADER=true)")
        for table, (name, source, target) in EDGES.items():
            self.connection.execute(f"CREATE REL TABLE {name} (FROM {source} TO {target})")
            self.connection.execute(f"COPY {name} FROM '{data}/{table}.csv' (HEADER=true)")
        self.connection.execute("CHECKPOINT")

    def __call__(self, _, cypher, values):
        result = self.connection.execute(cypher, values)
        rows = []
        while result.has_next():
            rows.append(result.get_next())
        return rows


def sqlite_commits(work):
    """One row a commit, WAL, synchronous=FULL, after 2,000 warm-up commits."""
    path = work / "sqlite.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE person (key TEXT PRIMARY KEY, name TEXT, age INTEGER)")
    times = []
    for i in range(4000):
        elapsed, _ = timed(lambda: db.execute("INSERT INTO person VALUES (?, ?, ?)",
                                              (f"k{i}", "Ada Lovelace", i % 80)))
        if i >= 2000:
            times.append(elapsed)
    return {"commit_ms": times}


SYSTEMS = {"duckdb": DuckDB, "kuzu": Kuzu}


def load(name, data, work):
    work.mkdir(parents=True, exist_ok=True)
    system = SYSTEMS[name](work)
    load_ms, _ = timed(lambda: system.load(data))
    return {"load_ms": load_ms, "bytes": folder_bytes(system.path)}


def answer(name, work, parameters):
    system = SYSTEMS[name](work)
    with AnonymousPeak() as memory:
        ask(system, {k: v[:1] for k, v in parameters.items()})  # warms
        answers, times = ask(system, parameters)
    return {"anonymous_kib": memory.peak, "answers": answers, "times": times}


def main():
    name, step = sys.argv[1:3]
    paths = [pathlib.Path(argument) for argument in sys.argv[3:]]
    if step == "load":
        result = load(name, *paths)
    elif step == "ask":
        result = answer(name, paths[0], json.loads(paths[1].read_text()))
    else:
        paths[0].mkdir(parents=True, exist_ok=True)
        result = sqlite_commits(paths[0])
    json.dump(result, sys.stdout, default=str)


if __name__ == "__main__":
    main()
