"""What the project has to reach, what was measured, and the README's table of both."""
import statistics

MIB = 1 << 20


class Results:
    """Looks things up in a result file; whatever was not measured is None."""

    def __init__(self, result):
        self.result = result
        self.points = {(p["group"], p["reader"], p["processes"]): p for p in result["points"]}

    def median(self, group, reader, processes, key="frames_per_s"):
        point = self.points.get((group, reader, processes))
        return point["median"].get(key) if point else None

    def ratio(self, group, ours, theirs, key="frames_per_s"):
        """The median over the rounds of the ratio within a round."""
        ours, theirs = (self.points.get((group, *who)) for who in (ours, theirs))
        if not ours or not theirs:
            return None
        return statistics.median(a[key] / b[key] for a, b in zip(ours["samples"], theirs["samples"]))

    def spread(self, wanted, key):
        """The largest over the smallest of some points: how far from flat."""
        values = [self.median(*point, key) for point in wanted]
        values = [value for value in values if value]
        return max(values) / min(values) if len(values) > 1 else None

    def decode_ns(self, name):
        decode = self.result.get("decode_930b") or {"subjects": []}
        return next((one["median_ns"] for one in decode["subjects"] if one["name"] == name), None)

    def extra(self, name, key):
        return (self.result.get(name) or {}).get(key)

    def bytes_a_user(self):
        """What nine million more users cost one worker, in the peak of the memory of all processes."""
        few = self.points.get(("users_1000000", "headcount", 1))
        many = self.points.get(("users_10000000", "headcount", 1))
        if not few or not many:
            return None
        def users(point):
            return min(point["input"]["frames"], point["input"]["users_a_minute"])
        if users(many) <= users(few):
            return None
        peaks = [point["median"]["peak_pss_mib"] * MIB for point in (few, many)]
        return (peaks[1] - peaks[0]) / (users(many) - users(few))


def quotient(over, under):
    return over / under if over and under else None


def bar(what, wanted, measured, form, at_least):
    met = None if measured is None else (measured >= wanted if at_least else measured <= wanted)
    sign = "at least" if at_least else "at most"
    return {"bar": what, "wanted": f"{sign} {form.format(wanted)}", "limit": wanted,
            "measured": None if measured is None else form.format(measured), "value": measured, "met": met}


LENGTHS = [(f"length_{millions}m", "headcount", 1) for millions in (1, 5, 20)]
PARTITIONS = [(f"partitions_{count}", "headcount", 1) for count in (1, 4, 16, 64)]


def judge(result):
    """Every bar of the project, in the order of the README."""
    r = Results(result)
    ours, decode = ("headcount", 2), r.decode_ns("decode")
    return [
        bar("file, one worker, 1 KB frames: frames/s", 1.2e6, r.median("file", "headcount", 1), "{:,.0f}", True),
        bar("file, two workers: frames/s", 2.0e6, r.median("file_2", "headcount", 2), "{:,.0f}", True),
        bar("Kafka, two workers, 4 partitions, 5 M frames: of librdkafka's rate", 0.7,
            r.ratio("kafka", ours, ("raw", 2)), "{:.2f}", True),
        bar("the same: times the Python solution", 4, r.ratio("kafka", ours, ("python", 4)), "{:.1f}", True),
        bar("decode alone, 1 KB frame: ns", 600, decode, "{:,.0f}", False),
        bar("the same: times as fast as simdjson's DOM parser", 1,
            quotient(r.decode_ns("simdjson DOM"), decode), "{:.2f}", True),
        bar("the same: times as fast as RapidJSON SAX", 3,
            quotient(r.decode_ns("RapidJSON SAX"), decode), "{:.1f}", True),
        bar("live minute to committed record, p50: ms", 50, r.extra("latency", "p50_ms"), "{:,.1f}", False),
        bar("the same, p99: ms", 250, r.extra("latency", "p99_ms"), "{:,.1f}", False),
        bar("memory, 1 M frames, 100,000 users a minute, two workers: MiB", 96,
            r.median("kafka_1m", "headcount", 2, "peak_pss_mib"), "{:,.1f}", False),
        bar("memory, from 1 to 10 M users a minute: bytes a user and worker", 48, r.bytes_a_user(), "{:,.1f}", False),
        bar("cost a frame, 1 M to 20 M frames: largest over smallest", 1.15,
            r.spread(LENGTHS, "steady_frames_per_s"), "{:.2f}", False),
        bar("cost a frame, 1 to 64 partitions: largest over smallest", 1.15,
            r.spread(PARTITIONS, "steady_frames_per_s"), "{:.2f}", False),
    ]


def table(result):
    """The bars as Markdown, for the README."""
    yield "| what | bar | measured | met |"
    yield "|---|---|---|---|"
    for one in result["bars"]:
        met = {True: "yes", False: "**no**", None: ""}[one["met"]]
        yield f"| {one['bar']} | {one['wanted']} | {one['measured'] or 'not measured'} | {met} |"


def points_table(result):
    """Every point as Markdown, for who wants all of it."""
    yield "| input | program | frames/s | steady | ns/frame (CPU) | peak MiB | samples |"
    yield "|---|---|---|---|---|---|---|"
    for point in result["points"]:
        m = point["median"]
        steady = f"{m['steady_frames_per_s']:,.0f}" if "steady_frames_per_s" in m else ""
        yield (f"| {point['group_title']} | {point['title']} | {m['frames_per_s']:,.0f} | {steady} | "
               f"{m['cpu_ns_a_frame']:,.0f} | {m['peak_pss_mib']:,.1f} | {len(point['samples'])} |")
