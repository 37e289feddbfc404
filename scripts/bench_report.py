#!/usr/bin/env python3
"""Turns the figures of the single runs that bench.sh made into one page and one JSON file.

Promise: reads DIR/kafka-N.json and DIR/file-N.json, prints the machine, the medians and the ratios, and writes the
same with every single run to DIR/result.json.
"""
import argparse
import glob
import json
import os
import platform
import statistics
import subprocess
import sys

# What the project promises for 1,000,000 frames of 1 KB and 100,000 users on two cores.
GOALS = {
    "kafka": {"frames_per_s": 250_000, "peak_pss_mib": 125, "first_record_s": 1.5},
    "file": {"frames_per_s": 350_000},
}
LOWER_IS_BETTER = ("peak_pss_mib", "first_record_s")
TITLES = {"kafka": "from Kafka, {workers} workers, {partitions} partitions", "file": "from one file, one worker"}


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def field(path, key):
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() == key:
                    return value.strip()
    except OSError:
        pass
    return "unknown"


def machine(program):
    memory = field("/proc/meminfo", "MemTotal").split()[0]
    return {
        "cpu": field("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory) / 2**20, 1) if memory.isdigit() else None,
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "unknown"),
        "program": first_line([program, "--version"]),
        "commit": first_line(["git", "describe", "--always", "--dirty"]),
    }


def median(runs, key):
    values = [run[key] for run in runs if run[key] is not None]
    return round(statistics.median(values), 3) if values else None


def collect(directory, kind, frames):
    runs = []
    for path in sorted(glob.glob(os.path.join(directory, f"{kind}-*.json"))):
        if path.endswith(".status.json"):
            continue
        with open(path, encoding="utf-8") as file:
            run = json.load(file)
        run["frames_per_s"] = round(frames / run["wall_s"])
        runs.append(run)
    return runs


def summary(runs, size):
    keys = ("wall_s", "cpu_s", "frames_per_s", "peak_pss_mib", "first_record_s")
    medians = {key: median(runs, key) for key in keys}
    medians["mb_per_s"] = round(size / 1e6 / medians["wall_s"], 1)
    return medians


def judged(kind, key, value):
    """What the goal was and whether it was met, in words; the goals hold for the promised sizes only."""
    goal = GOALS[kind].get(key)
    if goal is None or value is None:
        return ""
    met = value <= goal if key in LOWER_IS_BETTER else value >= goal
    bound = "at most" if key in LOWER_IS_BETTER else "at least"
    return f"   {bound} {goal:,}: {'met' if met else 'MISSED'}"


def page(result):
    host, options = result["machine"], result["options"]
    yield f"machine      {host['cpu']}, {host['cores']} cores, {host['memory_gib']} GiB, {host['system']}, Linux {host['kernel']}"
    yield f"program      {host['program']}, commit {host['commit']}"
    yield f"frames       {options['frames']:,} of {options['bytes'] // options['frames']} bytes, {options['users']:,} users"
    at_promised_size = options["frames"] == 1_000_000 and options["users"] == 100_000 and options["workers"] == 2
    rows = (("frames_per_s", "frames/s", "{:,.0f}"), ("mb_per_s", "MB/s", "{:,.1f}"), ("wall_s", "seconds", "{:.2f}"),
            ("cpu_s", "CPU seconds", "{:.2f}"), ("peak_pss_mib", "peak PSS MiB", "{:.1f}"),
            ("first_record_s", "first record s", "{:.2f}"))
    for kind, medians in result["medians"].items():
        yield ""
        yield TITLES[kind].format(**options) + f" (median of {len(result['runs'][kind])} runs; each run in brackets)"
        for key, label, form in rows:
            value = medians[key]
            shown = "unknown" if value is None else form.format(value)
            singles = [run.get(key) for run in result["runs"][kind]]
            each = "  [" + ", ".join(form.format(one) for one in singles if one is not None) + "]" if any(singles) else ""
            yield f"  {label:<15}{shown:>12}{each}" + (judged(kind, key, value) if at_promised_size else "")
    if result["ratios"]:
        yield ""
        yield "ratios of this bench"
        for label, value in result["ratios"].items():
            yield f"  {label:<58}{value:>6.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dir", required=True)
    parser.add_argument("--program", required=True)
    for name in ("frames", "users", "partitions", "workers", "bytes"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--plain-read-s", type=float, default=0, help="seconds `wc -l` took for the same file")
    options = parser.parse_args()

    runs = {kind: collect(options.dir, kind, options.frames) for kind in GOALS}
    runs = {kind: found for kind, found in runs.items() if found}
    medians = {kind: summary(found, options.bytes) for kind, found in runs.items()}
    ratios = {}
    if len(medians) == 2:
        ratios["frames/s, Kafka : file"] = medians["kafka"]["frames_per_s"] / medians["file"]["frames_per_s"]
        ratios["CPU seconds, Kafka : file"] = medians["kafka"]["cpu_s"] / max(medians["file"]["cpu_s"], 0.001)
    if "file" in medians and options.plain_read_s > 0:
        ratios["seconds, file : counting its lines with wc -l"] = medians["file"]["wall_s"] / options.plain_read_s
    result = {
        "machine": machine(options.program),
        "options": {key: value for key, value in vars(options).items() if key not in ("dir", "program")},
        "medians": medians,
        "ratios": {label: round(value, 3) for label, value in ratios.items()},
        "runs": runs,
    }
    with open(os.path.join(options.dir, "result.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=2)
        file.write("\n")
    print("\n".join(page(result)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
