#!/usr/bin/env python3
"""Reads a segment's Parquet file with pyarrow and compares it with the rows that were written.

usage: parquet_interop.py <file.parquet> <rows.jsonl>
Each line of rows.jsonl is one row: column name -> value; a column that is null in every row need
not be in the file. Exit status: 0 the same, 1 different,
77 skipped because pyarrow is not installed.
"""
import datetime
import json
import math
import sys

try:
    import pyarrow.parquet as parquet
except ImportError:
    print("skipped: pyarrow is not installed")
    sys.exit(77)


def plain(value):
    if isinstance(value, datetime.datetime):
        epoch = datetime.datetime(1970, 1, 1, tzinfo=value.tzinfo)
        return (value - epoch) // datetime.timedelta(milliseconds=1)
    if isinstance(value, datetime.date):
        return (value - datetime.date(1970, 1, 1)).days
    return value


def same(a, b):
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, float) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-6)
    return a == b


def main(parquet_path, rows_path):
    file = parquet.ParquetFile(parquet_path)
    print(file.schema)
    rows = file.read().to_pylist()
    with open(rows_path, encoding="utf-8") as lines:
        expected = [json.loads(line) for line in lines]
    if len(rows) != len(expected):
        print(f"{len(rows)} rows instead of {len(expected)}")
        return 1
    for number, (row, wanted) in enumerate(zip(rows, expected)):
        for name, value in wanted.items():
            if not same(plain(row.get(name)), value):
                print(f"row {number}, {name}: {row.get(name)!r} instead of {value!r}")
                return 1
    print(f"{len(rows)} rows are the same")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
