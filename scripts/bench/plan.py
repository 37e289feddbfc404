"""What is measured: inputs, and who reads each of them.

A plan is a list of lists. The inputs of one list are made, all that read them take turns, round after round, and the
inputs are deleted. So what is compared is compared within the same minutes of the same machine, and the disk holds at
most 6 GB of inputs, and for some seconds those that were deleted last.
"""
from dataclasses import dataclass, field

MAIN_FRAME_BYTES = 930
SEED = 1


@dataclass(frozen=True)
class Input:
    """Frames in a topic or in files; one file a partition."""
    kind: str  # "topic" or "file"
    frames: int
    partitions: int = 4
    frame_bytes: int = MAIN_FRAME_BYTES
    users: int = 100_000  # a minute
    minutes: int = 10
    codec: str = "none"

    @property
    def bytes(self):
        return self.frames * self.frame_bytes


@dataclass(frozen=True)
class Reader:
    """One way to read an input: a program, and in how many processes."""
    program: str  # a function of readers.py
    processes: int
    options: tuple = ()


@dataclass(frozen=True)
class Group:
    name: str
    words: str  # {frames} is put in
    input: Input
    readers: list = field(default_factory=list)
    rounds: int = 3

    @property
    def title(self):
        return self.words.format(frames=f"{self.input.frames:,}")


def headcount(workers, *options):
    return Reader("headcount", workers, options)


def raw(processes):
    return Reader("raw", processes)


def drain(processes):
    return Reader("drain", processes)


def python(partitions):
    return Reader("python", partitions)


def duckdb(threads):
    return Reader("duckdb", threads)


BIG_SLICE = ("--memory", "2GiB")  # room for a minute of ten million users while its table grows


def topic_groups(scale, rounds):
    """From Kafka. `scale` 1 is the whole measurement."""
    def count(frames):
        return max(int(frames * scale), 20_000)

    yield [Group("kafka", "{frames} frames from Kafka, 4 partitions", Input("topic", count(5_000_000)),
                 [headcount(2), raw(2), drain(2), python(4), headcount(1), raw(1)], rounds)]
    yield [Group("kafka_1m", "{frames} frames from Kafka, 4 partitions", Input("topic", count(1_000_000)),
                 [headcount(2), raw(2)], rounds)]
    yield [Group(f"partitions_{partitions}", f"{{frames}} frames from Kafka, {partitions} partitions",
                 Input("topic", count(1_500_000), partitions=partitions), [headcount(1), headcount(2), raw(2)], rounds)
           for partitions in (1, 4, 16, 64)]
    yield [Group(f"codec_{codec}", f"{{frames}} frames from Kafka, compression: {codec}",
                 Input("topic", count(1_500_000), codec=codec), [headcount(2), raw(2)], rounds)
           for codec in ("none", "lz4", "zstd")]
    yield [Group("kafka_200b", "{frames} frames of 200 bytes from Kafka",
                 Input("topic", count(5_000_000), frame_bytes=200), [headcount(2), raw(2)], rounds),
           Group("kafka_10kb", "{frames} frames of 10 KB from Kafka",
                 Input("topic", count(200_000), frame_bytes=10_000), [headcount(2), raw(2)], rounds)]


def file_groups(scale, rounds):
    """From files."""
    def count(frames):
        return max(int(frames * scale), 20_000)

    yield [Group("file", "{frames} frames from one file", Input("file", count(3_000_000), partitions=1),
                 [headcount(1), duckdb(2)], rounds),
           Group("file_2", "{frames} frames from two files", Input("file", count(3_000_000), partitions=2),
                 [headcount(2), headcount(1)], rounds)]
    yield [Group(f"file_{size}b", f"{{frames}} frames of {size:,} bytes from two files",
                 Input("file", count(frames), partitions=2, frame_bytes=size), [headcount(1), headcount(2)], rounds)
           for size, frames in ((200, 10_000_000), (10_000, 200_000))]
    # Frames of 200 bytes, so that 20 M of them fit the page cache. What grows is the length of the run and nothing else: a
    # minute has as many frames and users in each, for a user met again costs less than a new one.
    yield [Group(f"length_{millions}m", "{frames} frames of 200 bytes from one file",
                 Input("file", count(millions * 1_000_000), partitions=1, frame_bytes=200, minutes=10 * millions),
                 [headcount(1)], rounds)
           for millions in (1, 5, 20)]
    # All in one minute, and ten million frames, so that ten million users fit.
    for pair in ((1_000, 100_000), (1_000_000, 10_000_000)):
        yield [Group(f"users_{users}", f"{{frames}} frames of 200 bytes, {users:,} users in one minute",
                     Input("file", count(10_000_000), partitions=2, frame_bytes=200, minutes=1, users=users),
                     [headcount(1, *BIG_SLICE), headcount(2, *BIG_SLICE)], rounds)
               for users in pair]


def full():
    return [*topic_groups(1, 3), *file_groups(1, 3)]


def quick():
    """Two to four minutes: smaller, one round, and of each question its ends only."""
    left_out = {"partitions_4", "partitions_16", "length_5m", "users_1000", "users_100000"}
    lists = [*topic_groups(0.1, 1), *file_groups(0.1, 1)]
    return [[group for group in groups if group.name not in left_out] for groups in lists]


def smoke():
    """Seconds: whether the bench still works. The figures mean nothing."""
    readers = [headcount(2), raw(2), drain(2)]
    return [[
        Group("kafka", "a smoke test from Kafka", Input("topic", 20_000, partitions=2, codec="lz4"), readers, 1),
        Group("file", "a smoke test from a file", Input("file", 20_000, partitions=1), [headcount(1)], 1),
    ]]


def warm_up():
    return Group("warm", "warm-up", Input("topic", 200_000), [raw(2), headcount(2)], 1)


PLANS = {"full": full, "quick": quick, "smoke": smoke}
