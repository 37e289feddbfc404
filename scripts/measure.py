#!/usr/bin/env python3
"""Runs one command and tells what it cost, as one JSON object on stdout or in a file.

Promise: the command's own output and exit code pass through unchanged, and the sampling costs little (a millisecond of CPU each
time). Measured are: wall time from the start of the process to its exit, CPU time of it and all its
children, the largest sum of PSS (proportional set size: a page shared by n processes counts one n-th in each) over the
command and all its descendants, and the time from the start until the first line on stderr that says so.
"""
import argparse
import json
import os
import re
import resource
import select
import signal
import subprocess
import sys
import threading
import time


def pss_kib(pid):
    """PSS of one process in KiB; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
            for line in rollup:
                if line.startswith("Pss:"):
                    return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0


def descendants(pid):
    """The process and all that came from it, as far as they live."""
    found = [pid]
    for parent in found:
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children", encoding="ascii") as children:
                    found.extend(int(child) for child in children.read().split())
        except OSError:
            continue
    return found


class FirstLine(threading.Thread):
    """Passes the command's stderr on, and notes when a line first matched."""

    def __init__(self, pipe, pattern, started, out):
        super().__init__(daemon=True)
        self.pipe, self.pattern, self.started, self.out = pipe, pattern, started, out
        self.seconds = None

    def run(self):
        for line in self.pipe:
            if self.seconds is None and self.pattern.search(line):
                self.seconds = time.monotonic() - self.started
            self.out.write(line)
            self.out.flush()


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures here instead of to stdout")
    parser.add_argument("--stderr", metavar="FILE", help="write the command's stderr here instead of passing it on")
    parser.add_argument("--first", metavar="REGEX", default="first record",
                        help="a line on stderr that means: the first record was read (default: %(default)s)")
    parser.add_argument("--interval-ms", metavar="N", type=int, default=50, help="between samples of memory")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="-- COMMAND [ARGUMENTS]")
    options = parser.parse_args(argv)
    if options.command[:1] == ["--"]:
        options.command = options.command[1:]
    if not options.command:
        parser.error("no command given; as in: measure.py -- headcount run --until-end")
    if options.interval_ms < 1:
        parser.error("--interval-ms: at least 1")
    return options


def run(options):
    err = open(options.stderr, "wb") if options.stderr else sys.stderr.buffer
    started = time.monotonic()
    child = subprocess.Popen(options.command, stderr=subprocess.PIPE)
    # Ctrl-C reaches the command by itself, through the terminal; passed on as well it would arrive twice.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    signal.signal(signal.SIGTERM, lambda number, frame: child.send_signal(number))
    reader = FirstLine(child.stderr, re.compile(options.first.encode()), started, err)
    reader.start()

    # A child that exits is noticed at once, not with the next sample.
    exited = os.pidfd_open(child.pid)
    peak, most = 0, 0
    while not select.select([exited], [], [], options.interval_ms / 1000)[0]:
        family = descendants(child.pid)
        most = max(most, len(family))
        peak = max(peak, sum(pss_kib(pid) for pid in family))
    code = child.wait()
    wall = time.monotonic() - started
    # Somebody who inherited stderr may live on; the figures do not wait for him.
    reader.join(timeout=1)

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return code, {
        "exit_code": code if code >= 0 else 128 - code,
        "wall_s": round(wall, 3),
        "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        "peak_pss_mib": round(peak / 1024, 1),
        "processes": most,
        "first_record_s": None if reader.seconds is None else round(reader.seconds, 3),
    }


def main():
    options = parse(sys.argv[1:])
    try:
        code, figures = run(options)
    except OSError as error:
        print(f"measure: cannot run {options.command[0]}: {error.strerror}", file=sys.stderr)
        return 78
    text = json.dumps(figures)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    else:
        print(text)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
