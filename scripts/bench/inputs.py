"""Makes the inputs and takes them away again, and never fills the disk."""
import contextlib
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass

from plan import SEED, Input

# What must stay free on the disk whatever we do, and what a log needs besides its frames.
SPARE_BYTES = 3 << 30
LOG_OVERHEAD = 1.1
# A deleted topic leaves the disk some seconds after its deletion, and half a minute after the broker's start.
ROOM_WAIT_S = 120


class NoRoom(Exception):
    """The disk has not the room that an input needs."""


class Workshop:
    """Where inputs are made: the folder, the programs, the broker."""

    def __init__(self, folder, programs, bootstrap, rivals_python):
        self.folder, self.programs = folder, programs
        self.bootstrap, self.rivals_python = bootstrap, rivals_python

    def program(self, name):
        return os.path.join(self.programs, name)

    def topic_tool(self, *arguments, capture=False):
        command = [self.program("headcount-generate"), "-b", self.bootstrap, *arguments]
        return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE if capture else None).stdout

    def make_topic(self, topic, partitions):
        self.delete_topic(topic)
        self.topic_tool("--create-topic", topic, "--topic-partitions", str(partitions))

    def delete_topic(self, topic):
        self.topic_tool("--delete-topic", topic, "--if-exists")


def wait_for_room(folder, wanted):
    """What was deleted a moment ago may still be there."""
    deadline = time.monotonic() + ROOM_WAIT_S
    while shutil.disk_usage(folder).free < wanted + SPARE_BYTES:
        if time.monotonic() > deadline:
            free = shutil.disk_usage(folder).free
            raise NoRoom(f"{folder}: {(wanted + SPARE_BYTES) / 1e9:.1f} GB of free disk are needed for this input, "
                         f"{free / 1e9:.1f} GB are there; --quick needs less")
        time.sleep(2)


@dataclass(frozen=True)
class Made:
    """An input that is there: where, and what bench_frames said of it, the right answer included."""
    source: Input
    topic: str
    files: list
    said: dict


@contextlib.contextmanager
def made(shop, name, source):
    """The input while the body runs."""
    topic, prefix = f"headcount_bench_{name}", os.path.join(shop.folder, f"frames-{name}")
    wait_for_room(shop.folder, source.bytes * LOG_OVERHEAD)
    command = [shop.program("bench_frames"), "--frames", str(source.frames), "--size", str(source.frame_bytes),
               "--users", str(source.users), "--minutes", str(source.minutes),
               "--partitions", str(source.partitions), "--seed", str(SEED)]
    if source.kind == "topic":
        shop.make_topic(topic, source.partitions)
        command += ["-b", shop.bootstrap, "--topic", topic, "--codec", source.codec]
    else:
        command += ["--out", prefix]
    files = [f"{prefix}-{partition}.jsonl" for partition in range(source.partitions)] if source.kind == "file" else []
    try:
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        os.sync()  # or the kernel would write it out while somebody is measured
        yield Made(source, topic, files, json.loads(done.stdout))
    finally:
        if source.kind == "topic":
            shop.delete_topic(topic)
        for path in filter(os.path.exists, files):
            os.remove(path)
