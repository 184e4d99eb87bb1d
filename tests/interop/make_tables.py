#!/usr/bin/env python3
"""Writes the tables that tests/graph/table_test.cc loads: one content in many forms.

usage: make_tables.py <folder>
       make_tables.py --compare <exported.parquet> <original.parquet>
Exit status: 0 done or the same, 1 different, 77 skipped because pyarrow is not installed.
"""
import datetime
import decimal
import sys

try:
    import pyarrow as pa
    import pyarrow.ipc as ipc
    import pyarrow.parquet as pq
except ImportError:
    print("skipped: pyarrow is not installed")
    sys.exit(77)

N = 300


def content():
    rows = range(N)
    utc = datetime.timezone.utc
    opt = lambda make: [None if i % 7 == 3 else make(i) for i in rows]
    return {
        "key": pa.array([f"k{i:04d}" for i in rows]),
        "i32": pa.array(opt(lambda i: i * 7919 - 1000), pa.int32()),
        "i64": pa.array(opt(lambda i: (i - 150) * 10**15), pa.int64()),
        "u32": pa.array(opt(lambda i: 4294967295 - i), pa.uint32()),
        "u64": pa.array(opt(lambda i: 18446744073709551615 - i), pa.uint64()),
        "f32": pa.array(opt(lambda i: i / 4), pa.float32()),
        "f64": pa.array(opt(lambda i: i / 3), pa.float64()),
        "flag": pa.array(opt(lambda i: i % 3 == 0), pa.bool_()),
        "day": pa.array(opt(lambda i: datetime.date(1969, 1, 1) + datetime.timedelta(days=i * 50)),
                        pa.date32()),
        "at": pa.array(opt(lambda i: datetime.datetime(1969, 12, 31, 23, 59, 59, 250000, utc)
                           + datetime.timedelta(hours=i)), pa.timestamp("us", "UTC")),
        "text": pa.array(opt(lambda i: "wort ü " * (i % 5) + str(i % 11))),
        "tags": pa.array([None if i % 5 == 1 else [f"t{k}" for k in range(i % 4)] for i in rows],
                         pa.list_(pa.string())),
        "nums": pa.array([None if i % 6 == 1 else list(range(i % 3)) for i in rows],
                         pa.list_(pa.int64())),
        "vec": pa.array([[i / 2, -1.0, 0.25] for i in rows], pa.list_(pa.float32())),
        "body": pa.array(opt(lambda i: bytes([i % 256]) * (i % 6)), pa.binary()),
    }


def main(folder):
    table = pa.table(content())
    parquet = lambda name, t=table, **options: pq.write_table(t, f"{folder}/{name}.parquet", **options)
    parquet("snappy_dictionary", compression="snappy", row_group_size=128)
    parquet("zstd_v2_delta", compression="zstd", data_page_version="2.0", use_dictionary=False,
            data_page_size=512, version="2.6",
            column_encoding={"key": "DELTA_BYTE_ARRAY", "i32": "DELTA_BINARY_PACKED",
                             "i64": "DELTA_BINARY_PACKED", "text": "DELTA_LENGTH_BYTE_ARRAY",
                             "f32": "BYTE_STREAM_SPLIT", "f64": "BYTE_STREAM_SPLIT",
                             "flag": "RLE"})
    parquet("gzip_plain", compression="gzip", use_dictionary=False, data_page_size=700)
    parquet("plain_small_pages", compression="none", data_page_size=64, write_batch_size=16,
            row_group_size=100, coerce_timestamps="ms")
    parquet("snappy_v2", compression="snappy", data_page_version="2.0", data_page_size=256,
            write_batch_size=32)
    coded = table.set_column(10, "text", table["text"].dictionary_encode())
    with ipc.new_file(f"{folder}/file.arrow", coded.schema) as out:
        for batch in coded.to_batches(max_chunksize=N):
            out.write_batch(batch)
    options = ipc.IpcWriteOptions(compression="zstd")
    with ipc.new_stream(f"{folder}/stream.arrows", table.schema, options=options) as out:
        for batch in table.to_batches(max_chunksize=77):
            out.write_batch(batch)
    # What is not read, each in a file of its own.
    odd = {
        "decimal": pa.array([decimal.Decimal("1.5")]),
        "nested": pa.array([[[1]]], pa.list_(pa.list_(pa.int32()))),
        "struct": pa.array([{"a": 1}]),
    }
    for name, values in odd.items():
        parquet("odd_" + name, pa.table({"key": pa.array(["a"]), "text": values}))
        with ipc.new_file(f"{folder}/odd_{name}.arrow",
                          pa.schema([("key", pa.string()), ("text", values.type)])) as out:
            out.write_table(pa.table({"key": pa.array(["a"]), "text": values}))
    parquet("odd_lz4", pa.table({"key": pa.array(["a"])}), compression="lz4")


def compare(exported, original):
    """Whether an export holds what was loaded, instants cut to milliseconds."""
    ours, theirs = pq.read_table(exported), pq.read_table(original)
    different = 0
    for name in theirs.column_names:
        wanted = theirs[name].to_pylist()
        if name == "at":
            wanted = [t and t.replace(microsecond=t.microsecond // 1000 * 1000) for t in wanted]
        if ours[name].to_pylist() != wanted:
            print(f"column {name} differs")
            different = 1
        same_type = ours.schema.field(name).type == theirs.schema.field(name).type
        if not same_type and name not in ("at", "tags", "nums", "vec"):
            print(f"column {name} is {ours.schema.field(name).type}")
            different = 1
    return different


if __name__ == "__main__":
    if sys.argv[1] == "--compare":
        sys.exit(compare(*sys.argv[2:]))
    main(*sys.argv[1:])
