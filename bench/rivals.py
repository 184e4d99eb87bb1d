"""Loads the generated CSV files into the systems that stand beside Omnigraph and asks them the nine
questions. Runs one system a process so that peak memory is its own.

    rivals.py kuzu|duckdb|sqlite DATA_DIR WORK_DIR PARAMETERS.json   → JSON on stdout
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
        if name not in parameters or (sql is None and run.dialect == "sql"):
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


def duckdb_system(data, work, parameters):
    import duckdb
    path = work / "duckdb.db"
    db = duckdb.connect(str(path))
    db.execute("SET threads = 2")

    def load():
        for table, columns in TABLES.items():
            db.execute(f"CREATE TABLE {table} ({columns})")
            db.execute(f"COPY {table} FROM '{data}/{table}.csv' (HEADER)")
        for table in EDGES:
            db.execute(f"CREATE TABLE {table} (src VARCHAR, dst VARCHAR)")
            db.execute(f"COPY {table} FROM '{data}/{table}.csv' (HEADER)")
        db.execute("CHECKPOINT")
    load_ms, _ = timed(load)

    def run(sql, _, values):
        return db.execute(sql, values or None).fetchall()
    run.dialect = "sql"
    with AnonymousPeak() as memory:
        ask(run, {k: v[:1] for k, v in parameters.items()})
        answers, times = ask(run, parameters)
    return load_ms, folder_bytes(path), memory.peak, answers, times


def kuzu_system(data, work, parameters):
    import kuzu
    path = work / "kuzu.db"
    db = kuzu.Database(str(path), max_num_threads=2)
    connection = kuzu.Connection(db, num_threads=2)

    def load():
        for table, columns in TABLES.items():
            columns = columns.replace("VARCHAR", "STRING").replace("INTEGER", "INT32")
            connection.execute(
                f"CREATE NODE TABLE {table.capitalize()} ({columns}, PRIMARY KEY (key))")
            connection.execute(f"COPY {table.capitalize()} FROM '{data}/{table}.csv' (HEADER=true)")
        for table, (name, source, target) in EDGES.items():
            connection.execute(f"CREATE REL TABLE {name} (FROM {source} TO {target})")
            connection.execute(f"COPY {name} FROM '{data}/{table}.csv' (HEADER=true)")
        connection.execute("CHECKPOINT")
    load_ms, _ = timed(load)

    def run(_, cypher, values):
        result = connection.execute(cypher, values)
        rows = []
        while result.has_next():
            rows.append(result.get_next())
        return rows
    run.dialect = "cypher"
    with AnonymousPeak() as memory:
        ask(run, {k: v[:1] for k, v in parameters.items()})
        answers, times = ask(run, parameters)
    return load_ms, folder_bytes(path), memory.peak, answers, times


def sqlite_system(_, work, __):
    """Only commits: one row a commit, WAL, synchronous=FULL, after 2,000 warm-up commits."""
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


SYSTEMS = {"duckdb": duckdb_system, "kuzu": kuzu_system}


def main():
    name, data, work, parameter_file = sys.argv[1:5]
    work = pathlib.Path(work)
    work.mkdir(parents=True, exist_ok=True)
    parameters = json.load(open(parameter_file))
    if name == "sqlite":
        print(json.dumps(sqlite_system(data, work, parameters)))
        return
    load_ms, size, peak, answers, times = SYSTEMS[name](data, work, parameters)
    json.dump({"load_ms": load_ms, "bytes": size, "anonymous_kib": peak, "answers": answers,
               "times": times}, sys.stdout, default=str)


if __name__ == "__main__":
    main()
