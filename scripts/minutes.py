#!/usr/bin/env python3
"""Shows headcount's records, one JSON object a line on stdin, as a table of minutes.

Promise: prints every minute once, in order of time, and the sums. With --expect N it fails (exit code 1) unless every
one of N input records stands in exactly one of the four numbers, and no minute was published twice.
"""
import argparse
import json
import sys

COLUMNS = ("unique_users", "events", "late", "invalid", "future")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--expect", metavar="N", type=int, help="the number of input records")
    parser.add_argument("--quiet", action="store_true", help="only check, print no table")
    options = parser.parse_args()

    records = [json.loads(line) for line in sys.stdin if line.strip()]
    records.sort(key=lambda record: record["window_start"])
    starts = [record["window_start"] for record in records]
    sums = {column: sum(record[column] for record in records) for column in COLUMNS[1:]}
    total = sum(sums.values())

    if not options.quiet:
        row = "{:<22}{:>14}{:>12}{:>9}{:>9}{:>9}".format
        print(row("minute", "unique users", *COLUMNS[1:]))
        for record in records:
            print(row(record["minute"], *(record[column] for column in COLUMNS)))
        print(row(f"{len(records)} minutes", "", *sums.values()))

    twice = sorted({start for start in starts if starts.count(start) > 1})
    if twice:
        print(f"minutes: published more than once: {twice}", file=sys.stderr)
    if options.expect is not None and total != options.expect:
        print(f"minutes: {total} records accounted for, {options.expect} expected", file=sys.stderr)
    return 1 if twice or options.expect not in (None, total) else 0


if __name__ == "__main__":
    sys.exit(main())
