"""Measures headcount and its rivals by a plan, and writes every sample, the medians, the bars and the charts.

Promise: started by scripts/bench.sh, which has built everything and started a broker. Every answer of every program is
compared with the right one; a wrong one ends the bench with code 1 and no result. Without figures measured anew,
--report FILE prints the tables of a result that is there, and --draw makes its charts again.
"""
import argparse
import dataclasses
import json
import os
import subprocess
import sys
import time

import bars
import charts
import inputs
import machine
import plan
from readers import ROOT, WrongAnswer
from runner import Runner, json_of, say

# Frames, rounds and size for decode_bench; and the windows of latency_bench.
DECODE = {"full": (20_000, 15), "quick": (10_000, 5), "smoke": (500, 1)}
WINDOWS = {"full": 120, "quick": 20, "smoke": 0}
NO_ROOM = 78


def parse(argv):
    parser = argparse.ArgumentParser(prog="bench.sh", description=__doc__.splitlines()[0])
    parser.add_argument("--mode", choices=plan.PLANS, default="full")
    parser.add_argument("--out", default=os.path.join(ROOT, "build/bench"), help="folder for inputs, logs and results")
    parser.add_argument("--programs", default=os.path.join(ROOT, "build/release"), help="folder of the release build")
    parser.add_argument("-b", "--bootstrap-server", help="the broker")
    parser.add_argument("--broker-pid", type=int, default=0, help="whose CPU time is noted beside")
    parser.add_argument("--rivals-python", default="", help="an interpreter with confluent-kafka, ujson and duckdb")
    parser.add_argument("--only", metavar="WORD", action="append", default=[],
                        help="only groups whose names begin with it, as in --only kafka; may be given more than once")
    parser.add_argument("--rounds", type=int, metavar="N", help="instead of the plan's")
    parser.add_argument("--report", metavar="FILE", help="measure nothing; print the tables of this result")
    parser.add_argument("--draw", metavar="FILE", help="measure nothing; draw this result's charts beside it")
    options = parser.parse_args(argv)
    if not options.report and not options.draw and not options.bootstrap_server:
        parser.error("-b HOST:PORT is missing; scripts/bench.sh gives it")
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds: at least 1")
    return options


def wanted_groups(options):
    lists = plan.PLANS[options.mode]()
    if options.only:
        lists = [[group for group in groups if group.name.startswith(tuple(options.only))] for groups in lists]
    if options.rounds:
        lists = [[dataclasses.replace(group, rounds=options.rounds) for group in groups] for groups in lists]
    return [groups for groups in lists if groups]


def small_programs(shop, options):
    """What is measured by programs of their own, without the whole job."""
    frames, rounds = DECODE[options.mode]
    wants = [name for name in ("decode", "sets", "latency", "limits")
             if not options.only or name.startswith(tuple(options.only))]
    found = {}
    if "decode" in wants:
        for size in (plan.MAIN_FRAME_BYTES, 200, 10_000):
            fewer = max(frames * plan.MAIN_FRAME_BYTES // max(size, plan.MAIN_FRAME_BYTES), 100)
            found[f"decode_{size}b"] = json_of(shop, "decode_bench", "--json", "--size", size, fewer, rounds,
                                               name=f"decode alone, frames of {size} bytes")
    if "limits" in wants:
        found["limits"] = json_of(shop, "memory_bench", 64 if options.mode == "smoke" else 512, name="memory")
    if "sets" in wants and options.mode != "smoke":
        found["sets"] = json_of(shop, "set_bench", "--json", *(["--quick"] if options.mode == "quick" else []),
                                name="sets alone")
    if "latency" in wants and WINDOWS[options.mode]:
        found["latency"] = json_of(shop, "latency_bench", "--bootstrap", shop.bootstrap, "--headcount",
                                   shop.program("headcount"), "--windows", WINDOWS[options.mode], "--json",
                                   name="live minutes")
    return found


def measure(options):
    started = time.time()
    shop = inputs.Workshop(options.out, options.programs, options.bootstrap_server, options.rivals_python)
    lists = wanted_groups(options)
    runner = Runner(shop, options.broker_pid)
    result = {
        "version": 1, "mode": options.mode, "seed": plan.SEED,
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "machine": machine.describe_machine(),
        "versions": machine.describe_versions(shop.program("headcount"), options.rivals_python),
    }
    if options.mode != "smoke" and any(group.input.kind == "topic" for groups in lists for group in groups):
        runner.warm_up(plan.warm_up())
    for groups in lists:
        runner.together(groups)
    result.update(small_programs(shop, options))
    result["points"] = runner.points
    result["seconds"] = round(time.time() - started)
    result["bars"] = bars.judge(result)
    return result


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def report(result):
    if result["mode"] != "full":
        print(f"A {result['mode']} run: fewer frames, one round. The bars are those of the full run.\n")
    print("\n".join([*bars.table(result), "", *bars.points_table(result)]))


def main():
    options = parse(sys.argv[1:])
    if options.report:
        report(load(options.report))
        return 0
    if options.draw:
        print("\n".join(charts.draw(load(options.draw), os.path.dirname(os.path.abspath(options.draw)))))
        return 0
    os.makedirs(options.out, exist_ok=True)
    try:
        result = measure(options)
    except (WrongAnswer, RuntimeError, subprocess.CalledProcessError) as failure:
        say(f"bench: {failure}")
        return 1
    except inputs.NoRoom as full:
        say(f"bench: {full}")
        return NO_ROOM
    path = os.path.join(options.out, "result.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
        file.write("\n")
    charts.draw(result, options.out)
    report(result)
    say(f"== {result['seconds']} s; every sample in {path}, charts beside it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
