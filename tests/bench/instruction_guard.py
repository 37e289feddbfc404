#!/usr/bin/env python3
"""Counts the instructions that a frame costs, and compares them with the budget that is kept beside this file.

Promise: the answer does not depend on how busy the machine is. valgrind's callgrind counts what the processor is told
to do; each cost is the difference of two runs of different length, divided by the frames between them, so that starting
up costs nothing. Exit code 0: within the slack. 1: it is not; more is a loss, and much less a gain that the budget must
be lowered to (--write), or the next loss of that size would pass unseen. 77: nothing to compare with here: another
compiler, a processor without the budget's kernel of the scanner, no valgrind, no release build.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUDGET = os.path.join(HERE, "instruction_budget.json")
SKIPPED = 77
SLACK = 0.05

# Frames, and how often in the short and in the long run. The file's are its lines.
REPEATED = {"decode": (1000, 1, 5), "reference": (1000, 1, 3), "judge": (2000, 1, 11)}
FILE_LINES = (1000, 5000)
MEANING = {
    "decode": "the decoder that workers use",
    "reference": "the decoder on RapidJSON, which the first one falls back to",
    "judge": "fingerprint, counting rule and distinct set; every second user is new",
    "file": "a worker's whole way of a frame in a file, from read(2) to the set",
}


def callgrind(program, *arguments, out=os.devnull):
    """The instructions of one run, and what the program said of itself."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    collected = re.search(r"Collected\s*:\s*(\d+)", done.stderr)
    if done.returncode != 0 or collected is None:
        raise RuntimeError(f"{' '.join(command)} ended with code {done.returncode}:\n{done.stderr[-2000:]}")
    return int(collected.group(1)), dict(re.findall(r"(\w+)=(\S+)", done.stdout))


def make_files(program, folder):
    """A short and a long file; the short one is the beginning of the long one."""
    frames = subprocess.run([program, "make", str(FILE_LINES[1])], capture_output=True, check=True).stdout
    lines = frames.splitlines(keepends=True)
    paths = []
    for count in FILE_LINES:
        paths.append(os.path.join(folder, f"{count}.jsonl"))
        with open(paths[-1], "wb") as file:
            file.writelines(lines[:count])
    return paths


def measure(program, log=sys.stdout):
    """What was measured with what, and the instructions a frame of each kind."""
    costs, setting = {}, {}
    for kind, (frames, short, long) in REPEATED.items():
        few, setting = callgrind(program, kind, frames, short)
        many, _ = callgrind(program, kind, frames, long)
        costs[kind] = round((many - few) / (frames * (long - short)), 1)
        print(f"{kind:<10}{costs[kind]:>10,.1f} instructions a frame: {MEANING[kind]}", file=log, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        few, many = (callgrind(program, "file", path)[0] for path in make_files(program, folder))
    costs["file"] = round((many - few) / (FILE_LINES[1] - FILE_LINES[0]), 1)
    print(f"{'file':<10}{costs['file']:>10,.1f} instructions a frame: {MEANING['file']}", file=log, flush=True)
    return setting, costs


def compare(budget, costs, slack=SLACK):
    """One line for each cost that is outside of the slack."""
    for kind, allowed in budget.items():
        ratio = costs[kind] / allowed
        if ratio > 1 + slack:
            yield (f"{kind}: {costs[kind]:,.1f} instructions a frame, {100 * (ratio - 1):.1f} % more than the budget of "
                   f"{allowed:,.1f}")
        elif ratio < 1 - slack:
            yield (f"{kind}: {costs[kind]:,.1f} instructions a frame, {100 * (1 - ratio):.1f} % less than the budget of "
                   f"{allowed:,.1f}: well done; keep it with scripts/bench.sh --budget")


def processor_has(kernel):
    """Kernels are named as the processor's flags are, but for those that need none."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        flags = next((line for line in file if line.startswith("flags")), "")
    return kernel in ("none", "portable", *flags.split())


def skip(reason):
    print(f"instruction_guard: skipped: {reason}")
    return SKIPPED


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=os.path.join(ROOT, "build/release/instruction_guard"),
                        help="of a release build (default: %(default)s)")
    parser.add_argument("--budget", default=BUDGET, help="the file to compare with (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="make what is measured now the budget")
    options = parser.parse_args()

    if shutil.which("valgrind") is None:
        return skip("valgrind is missing; scripts/setup.sh installs it")
    if not os.access(options.program, os.X_OK):
        return skip(f"{options.program} is missing; cmake --build --preset release builds it")
    setting, costs = measure(options.program)
    if options.write:
        with open(options.budget, "w", encoding="utf-8") as file:
            json.dump({**setting, "instructions_a_frame": costs}, file, indent=2)
            file.write("\n")
        return 0
    with open(options.budget, encoding="utf-8") as file:
        kept = json.load(file)
    if setting["compiler"] != kept["compiler"]:
        return skip(f"the budget was made with compiler {kept['compiler']}, this is {setting['compiler']}")
    if setting["kernel"] != kept["kernel"]:
        told = f"the budget was made with kernel {kept['kernel']}, this is {setting['kernel']}"
        if not processor_has(kept["kernel"]):
            return skip(told)
        print(f"instruction_guard: {told}, though the processor has what that one needs; if that is meant: "
              "scripts/bench.sh --budget")
        return 1
    complaints = list(compare(kept["instructions_a_frame"], costs))
    for complaint in complaints:
        print(f"instruction_guard: {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
