#!/usr/bin/env python3
"""Turns the rows that the fault tests wrote into the table that fault.sh prints.

Promise: reads DIR/rows.jsonl, prints one line a fault and how long recovery took, writes the same to DIR/result.json,
and exits with 1 if there is no row or if anything was lost, doubled or different.
"""
import argparse
import json
import os
import statistics
import sys

from bench_report import machine

HEADINGS = ("fault", "times", "minutes", "lost", "doubled", "differing", "recovery median", "worst")
ERRORS = ("lost", "doubled", "differing")
PERCENTILES = (50, 90, 99)
# Fewer have no distribution worth printing.
FEW = 10


def read_rows(path):
    try:
        with open(path, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file if line.strip()]
    except FileNotFoundError:
        return []
    return sorted(rows, key=lambda row: row["fault"])  # written as they came, by tests side by side


def percentile(values, percent):
    """The smallest value that so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def is_wrong(rows):
    return any(row[key] for row in rows for key in ERRORS)


def seconds(ms):
    return f"{ms / 1000:.2f} s"


def cells(row):
    times = row["recovery_ms"]
    recovery = (seconds(statistics.median(times)), seconds(max(times))) if times else ("", "")
    return (row["fault"], *(f"{row[key]:,}" for key in ("times", "minutes", *ERRORS)), *recovery)


def table(rows):
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    for line in lines:
        yield "  ".join([line[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])])
        if line is HEADINGS:
            yield "  ".join("-" * width for width in widths)


def distribution(row, width):
    """One line: percentiles of the recovery, and whether its median is what was promised."""
    times = row["recovery_ms"]
    shown = [f"p{percent} {seconds(percentile(times, percent))}" for percent in PERCENTILES]
    goal = row.get("recovery_goal_ms", 0)
    judged = ""
    if goal:
        met = statistics.median(times) < goal
        judged = f"   median under {goal / 1000:g} s: {'met' if met else 'MISSED'}"
    return f"  {row['fault']:<{width}}  {len(times):>4} times   " + "   ".join([*shown, f"max {seconds(max(times))}"]) + judged


def page(result):
    host, rows = result["machine"], result["rows"]
    yield f"machine      {host['cpu']}, {host['cores']} cores, {host['memory_gib']} GiB, {host['system']}, Linux {host['kernel']}"
    yield f"program      {host['program']}, commit {host['commit']}, seed {result['seed']}"
    yield ""
    yield from table(rows)
    measured = [row for row in rows if len(row["recovery_ms"]) >= FEW]
    if measured:
        yield ""
        yield "recovery, from the fault until the next record is read"
        width = max(len(row["fault"]) for row in measured)
        yield from (distribution(row, width) for row in measured)
    yield ""
    if not rows:
        yield "no fault was reported"
    elif is_wrong(rows):
        yield "WRONG: minutes were lost, doubled or different"
    else:
        yield f"{sum(row['times'] for row in rows):,} faults: no minute lost, none doubled, none different"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dir", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()

    rows = read_rows(os.path.join(options.dir, "rows.jsonl"))
    result = {"machine": machine(options.program), "seed": options.seed, "rows": rows}
    with open(os.path.join(options.dir, "result.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=2)
        file.write("\n")
    print("\n".join(page(result)))
    return 0 if rows and not is_wrong(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
