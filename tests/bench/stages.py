#!/usr/bin/env python3
"""Says where the instructions of a frame go: the inclusive cost of each stage on a frame's way through a worker.

Promise: reads the same file as instruction_guard.py under callgrind, short and long, and divides what the long run
costs more, function by function, by the frames it has more. What the compiler has put into its caller is counted there.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

from instruction_guard import FILE_LINES, ROOT, callgrind, make_files

# Functions at the seams of the program, outermost first; a stage whose function was inlined does not appear.
STAGES = (
    ("the whole round of the loop", r"WorkerLoop::Round\("),
    ("take frames from the file", r"FileFrameSource::Fetch\("),
    ("find the ends of lines", r"memchr"),
    ("decode", r"ScanningFrameDecoder::Decode\("),
    ("decode: scan", r"scan::Scan\w+\("),
    ("decode: on RapidJSON", r"RapidJsonFrameDecoder::Decode\("),
    ("fingerprint", r"FingerprintOf\("),
    ("judge, with all below", r"Judge::JudgeValid\("),
    ("count, with the set", r"PartitionSink::AddCounted\("),
    ("distinct set, with growth", r"WindowStore::AddUser\("),
    ("grow the set", r"WindowStore::Grow\("),
)


def inclusive_costs(profile):
    """Of each function of a callgrind profile; of several of one name the most expensive."""
    text = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", "--show-percs=no", profile],
                          capture_output=True, text=True, check=True).stdout
    costs = {}
    for line in text.splitlines():
        match = re.match(r"\s*([\d,]+)\s+\S*?:(.+?)(?: \[.*\])?$", line)
        if match:
            name, cost = match.group(2), int(match.group(1).replace(",", ""))
            costs[name] = max(costs.get(name, 0), cost)
    return costs


def stage_cost(costs, pattern):
    found = [cost for name, cost in costs.items() if re.search(pattern, name)]
    return max(found, default=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=os.path.join(ROOT, "build/release/instruction_guard"))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--top", metavar="N", type=int, default=0, help="also the N most expensive functions")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        profiles = []
        for path in make_files(options.program, folder):
            profiles.append(path + ".callgrind")
            callgrind(options.program, "file", path, out=profiles[-1])
        few, many = (inclusive_costs(profile) for profile in profiles)
    frames = FILE_LINES[1] - FILE_LINES[0]
    stages = {title: (stage_cost(many, pattern) - stage_cost(few, pattern)) / frames for title, pattern in STAGES}
    stages = {title: round(cost, 1) for title, cost in stages.items() if cost > 0}
    if options.json:
        print(json.dumps(stages, indent=2))
        return 0
    whole = max(stages.values(), default=1)
    for title, cost in stages.items():
        print(f"{title:<42}{cost:>10,.1f} instructions a frame{100 * cost / whole:>7.1f} %")
    by_cost = sorted(((many[name] - few.get(name, 0)) / frames, name) for name in many)
    for cost, name in by_cost[::-1][:options.top]:
        print(f"{cost:>12,.1f}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
