#!/usr/bin/env python3
"""DuckDB over the same files: one SQL statement, as many threads as given.

Promise: prints one line of JSON a minute, as headcount does. Only ts and uid are asked for, which is the quickest way
that DuckDB has.
  duckdb_rival.py THREADS FILE...
"""
import json
import sys

import duckdb

COUNT = """
SELECT ts // 60 * 60 AS minute, count(DISTINCT uid) AS users, count(*) AS events
FROM read_json(?, format = 'newline_delimited', columns = {ts: 'BIGINT', uid: 'VARCHAR'})
GROUP BY minute ORDER BY minute
"""


def main():
    if len(sys.argv) < 3 or not sys.argv[1].isdigit():
        print(__doc__, file=sys.stderr)
        return 64
    database = duckdb.connect(config={"threads": int(sys.argv[1])})
    for minute, users, events in database.execute(COUNT, [sys.argv[2:]]).fetchall():
        print(json.dumps({"window_start": minute, "unique_users": users, "events": events}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
