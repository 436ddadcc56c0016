"""DuckDB and its Parquet file; run as a program by the Python that has DuckDB.

    columns.py write FILE           writes 10 columns of random doubles, 1 GB
    columns.py query FILE           reads 2 of them; prints their sum and how long it took
    columns.py needed FILE          prints how many bytes the query has to read: the footer, and the chunks of its columns
"""

import json
import os
import struct
import sys
import time

ROWS, COLUMNS = 12_500_000, 10
WANTED = ("c3", "c7")


def write(connection, path: str) -> dict:
    columns = ", ".join(f"random() AS c{number}" for number in range(COLUMNS))
    connection.execute("SELECT setseed(0.5)")
    connection.execute(f"COPY (SELECT {columns} FROM range({ROWS})) TO '{path}' (FORMAT parquet, COMPRESSION uncompressed)")
    return {"bytes": os.path.getsize(path)}


def query(connection, path: str) -> dict:
    begin = time.monotonic()
    sums = connection.execute(f"SELECT {', '.join(f'sum({name})' for name in WANTED)} FROM '{path}'").fetchall()[0]
    return {"seconds": time.monotonic() - begin, "sums": [round(one, 3) for one in sums]}


def needed(connection, path: str) -> dict:
    names = ", ".join(f"'{name}'" for name in WANTED)
    chunks = connection.execute(f"SELECT sum(total_compressed_size) FROM parquet_metadata('{path}') "
                            f"WHERE path_in_schema IN ({names})").fetchall()[0][0]
    with open(path, "rb") as file:
        file.seek(-8, os.SEEK_END)
        footer = struct.unpack("<I", file.read(4))[0] + 8
    return {"bytes": int(chunks) + footer}


if __name__ == "__main__":
    import duckdb

    _work, _path = sys.argv[1:]
    with duckdb.connect() as _connection:
        print(json.dumps({"write": write, "query": query, "needed": needed}[_work](_connection, _path)))
