"""How each program is started on an input, and how it is known that its answer is right."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MEASURE = os.path.join(ROOT, "scripts", "measure.py")
RIVALS = os.path.join(ROOT, "tests", "bench")

# What the charts and the results call them.
TITLES = {
    "headcount": "headcount, {processes} worker{s}",
    "raw": "librdkafka alone, {processes} process{es}",
    "drain": "broker alone, {processes} connection{s}",
    "python": "Python, {processes} processes",
    "duckdb": "DuckDB, {processes} threads",
}


class WrongAnswer(Exception):
    """A program did not count what is there: its time means nothing."""


def title(reader):
    many = reader.processes != 1
    return TITLES[reader.program].format(processes=reader.processes, s="s" if many else "", es="es" if many else "")


def measured(shop, name, command):
    """One run: its figures, and what it printed."""
    base = os.path.join(shop.folder, "runs", name)
    os.makedirs(os.path.dirname(base), exist_ok=True)
    with open(base + ".out", "w", encoding="utf-8") as out:
        done = subprocess.run([sys.executable, MEASURE, "--json", base + ".json", "--stderr", base + ".log", "--",
                               *command], stdout=out, check=False)
    if done.returncode != 0:
        with open(base + ".log", encoding="utf-8", errors="replace") as log:
            tail = "".join(log.readlines()[-10:])
        raise RuntimeError(f"{' '.join(command)} ended with code {done.returncode}:\n{tail}")
    with open(base + ".json", encoding="utf-8") as figures, open(base + ".out", encoding="utf-8") as out:
        return json.load(figures), out.read()


def check_minutes(name, text, said):
    """Every minute once, with its right number of users and frames, and nothing left out anywhere."""
    found = [json.loads(line) for line in text.splitlines() if line.strip()]
    for record in found:
        if any(record.get(kind, 0) for kind in ("late", "invalid", "future")):
            raise WrongAnswer(f"{name}: frames refused in minute {record['window_start']}: {record}")
    keys = ("window_start", "unique_users", "events")
    got = sorted(tuple(record[key] for key in keys) for record in found)
    want = sorted(tuple(record[key] for key in keys) for record in said["minutes"])
    if got != want:
        differing = sorted(set(got) ^ set(want))[:4]
        raise WrongAnswer(f"{name}: wrong counts; {len(got)} minutes for {len(want)}, differing: {differing}")


def check_total(name, text, said):
    totals = json.loads(text)
    if totals["frames"] != said["frames"]:
        raise WrongAnswer(f"{name}: {totals['frames']} frames read of {said['frames']}")


def run_headcount(shop, name, there, reader):
    command = [shop.program("headcount"), "run", "--workers", str(reader.processes), "--status-file",
               os.path.join(shop.folder, "headcount.status.json"), *reader.options]
    if there.source.kind == "file":
        figures, text = measured(shop, name, [*command, "--input", *there.files])
        check_minutes(name, text, there.said)
        return figures
    # A group and an output topic of its own each time, so that every run begins at the first record.
    metrics = f"headcount_bench_metrics_{name}"
    shop.make_topic(metrics, 1)
    try:
        figures, _ = measured(shop, name, [*command, "-b", shop.bootstrap, "--input-topic", there.topic, "--output-topic",
                                           metrics, "--group", f"bench-{os.getpid()}-{name}", "--until-end"])
        check_minutes(name, shop.topic_tool("--print-topic", metrics, capture=True), there.said)
    finally:
        shop.delete_topic(metrics)
    return figures


def run_reading(program):
    """raw_consumer and fetch_drain: they read, and count nothing but frames."""
    def run(shop, name, there, reader):
        figures, text = measured(shop, name, [shop.program(program), shop.bootstrap, there.topic,
                                              str(there.source.partitions), str(reader.processes)])
        check_total(name, text, there.said)
        return figures
    return run


def run_python(shop, name, there, reader):
    # A process a partition, whatever is asked for: that is what this solution is.
    figures, text = measured(shop, name, [shop.rivals_python, os.path.join(RIVALS, "python_rival.py"), shop.bootstrap,
                                          there.topic, str(there.source.partitions)])
    check_minutes(name, text, there.said)
    return figures


def run_duckdb(shop, name, there, reader):
    figures, text = measured(shop, name, [shop.rivals_python, os.path.join(RIVALS, "duckdb_rival.py"),
                                          str(reader.processes), *there.files])
    check_minutes(name, text, there.said)
    return figures


RUN = {
    "headcount": run_headcount,
    "raw": run_reading("raw_consumer"),
    "drain": run_reading("fetch_drain"),
    "python": run_python,
    "duckdb": run_duckdb,
}
NEEDS_RIVALS = {"python", "duckdb"}
