"""The charts of a result: few, and each answers one question."""
import os

import svg
from bars import Results

USERS = (1_000, 100_000, 1_000_000, 10_000_000)


def kind(reader):
    return {"headcount": "ours", "raw": "limit", "drain": "limit"}.get(reader, "theirs")


def rates(r, wanted):
    """(title, frames a second, kind) of the points that were measured."""
    found = [r.points[key] for key in wanted if key in r.points]
    return [(point["title"], point["median"]["frames_per_s"], kind(point["reader"])) for point in found]


def throughput(r):
    kafka = [("kafka", *who) for who in
             (("drain", 2), ("raw", 2), ("headcount", 2), ("raw", 1), ("headcount", 1), ("python", 4))]
    files = [("file_2", "headcount", 2), ("file", "headcount", 1), ("file", "duckdb", 2)]
    sections = [("from Kafka, 4 partitions, the broker on the same cores", rates(r, kafka)),
                ("from a file", rates(r, files))]
    sections = [section for section in sections if section[1]]
    return svg.bars("Frames of 0.93 KB a second", sections, "{:,.0f}") if sections else None


def decode(r):
    found = r.result.get("decode_930b") or {"subjects": [], "kernel": ""}
    ns = {one["name"]: one["median_ns"] for one in found["subjects"]}
    if "decode" not in ns:
        return None
    ours = [(f"headcount ({found['kernel']})", ns["decode"], "ours")]
    ours += [(f"headcount ({kernel})", ns[f"decode, {kernel}"], "ours") for kernel in ("avx2", "sse2")
             if kernel != found["kernel"] and f"decode, {kernel}" in ns]
    theirs = [(name, ns[name], "theirs") for name in ns if name.startswith(("RapidJSON", "simdjson"))]
    return svg.bars("Nanoseconds to check and decode a frame of 0.93 KB", [("", ours + theirs)], "{:,.0f} ns",
                    (600, "bar: 600 ns"))


def latency(r):
    names = (("p50_ms", "half of the windows"), ("p90_ms", "90 %"), ("p99_ms", "99 %"), ("max_ms", "the slowest"))
    found = r.result.get("latency") or {}
    rows = [(label, found[key], "ours") for key, label in names if key in found]
    if not rows:
        return None
    return svg.bars("From the frame that ends a window to the committed record", [("", rows)], "{:,.1f} ms")


def memory(r):
    sections = []
    main = [r.points[key] for key in (("kafka", "headcount", 2), ("kafka", "raw", 2), ("kafka", "python", 4),
                                      ("file", "headcount", 1), ("file", "duckdb", 2)) if key in r.points]
    def row(point, label):
        return label, point["median"]["peak_pss_mib"], kind(point["reader"])

    if main:
        sections.append(("100,000 users a minute, ten minutes",
                         [row(p, f"{p['title']}, {p['input']['kind']}") for p in main]))
    users = [r.points[key] for n in USERS if (key := (f"users_{n}", "headcount", 1)) in r.points]
    if users:
        sections.append(("one minute of many users, one worker",
                         [row(p, f"{svg.short(users_met(p['input']))} users") for p in users]))
    return svg.bars("Peak memory of all processes (sum of PSS)", sections, "{:,.0f} MiB") if sections else None


def series(r, groups, x_of, processes):
    points = [r.points[key] for group in groups if (key := (group, "headcount", processes)) in r.points]
    label = f"{processes} worker{'s' if processes > 1 else ''}"
    return label, [(x_of(point["input"]), point["median"]["wall_ns_a_frame"]) for point in points]


def users_met(source):
    """A minute of fewer frames than users cannot show them all."""
    return min(source["users_a_minute"], source["frames"])


def scaling(r):
    axes = (("partitions (Kafka)", [f"partitions_{n}" for n in (1, 4, 16, 64)], lambda source: source["partitions"], (1, 2)),
            ("frames of 200 bytes (file)", [f"length_{n}m" for n in (1, 5, 20)], lambda source: source["frames"], (1,)),
            ("users in one minute (file, 200 bytes)", [f"users_{n}" for n in USERS], users_met, (1, 2)))
    some = []
    for heading, groups, x_of, workers in axes:
        lines = [series(r, groups, x_of, count) for count in workers]
        lines = [one for one in lines if len({x for x, _ in one[1]}) > 1]
        if lines:
            some.append((heading, lines))
    return svg.panels("Nanoseconds a frame, from the start of the process to its end", some) if some else None


CHARTS = {"throughput": throughput, "decode": decode, "latency": latency, "memory": memory, "scaling": scaling}


def draw(result, folder):
    """Writes the charts that the result has figures for; returns their names."""
    r = Results(result)
    drawn = []
    for name, chart in CHARTS.items():
        content = chart(r)
        if content is None:
            continue
        path = os.path.join(folder, name + ".svg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        drawn.append(path)
    return drawn
