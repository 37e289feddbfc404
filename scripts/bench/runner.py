"""Carries a plan out: round after round, so that what is compared has the same minutes of the machine."""
import contextlib
import json
import os
import statistics
import subprocess
import sys

import machine
from inputs import made
from readers import NEEDS_RIVALS, RUN, title


def say(text):
    print(text, file=sys.stderr, flush=True)


def derived(sample, frames):
    """Rates of one run. Steady: from the first frame read on, so without starting up."""
    steady_s = sample["wall_s"] - (sample["first_record_s"] or 0)
    rates = {"frames_per_s": frames / sample["wall_s"], "cpu_ns_a_frame": 1e9 * sample["cpu_s"] / frames,
             "wall_ns_a_frame": 1e9 * sample["wall_s"] / frames,
             "steady_frames_per_s": frames / steady_s if steady_s > 0 else None}
    return {key: value and round(value, 1) for key, value in rates.items()}


def medians(samples):
    out = {}
    for key in samples[0]:
        values = [sample[key] for sample in samples if isinstance(sample[key], (int, float))]
        if values:
            out[key] = round(statistics.median(values), 3)
    return out


class Runner:
    """Runs readers on inputs and keeps every sample."""

    def __init__(self, shop, broker_pid):
        self.shop, self.broker_pid = shop, broker_pid
        self.points = []

    def once(self, name, there, reader):
        load, before = machine.load_1m(), machine.cpu_seconds(self.broker_pid)
        sample = RUN[reader.program](self.shop, name, there, reader)
        after = machine.cpu_seconds(self.broker_pid)
        sample.update(derived(sample, there.source.frames))
        sample["load_1m_before"] = load
        if there.source.kind == "topic" and before is not None and after is not None:
            sample["broker_cpu_s"] = round(after - before, 2)
        return sample

    def together(self, groups):
        """Groups whose points are compared with each other: all of their inputs are there, and each has its turn."""
        with contextlib.ExitStack() as inputs_there:
            there = {group.name: inputs_there.enter_context(made(self.shop, group.name, group.input)) for group in groups}
            samples = {(group.name, reader): [] for group in groups for reader in self.usable(group.readers)}
            for number in range(max(group.rounds for group in groups)):
                for group in groups:
                    say(f"== {group.name}: {group.title}, round {number + 1}")
                    for reader in self.usable(group.readers):
                        name = f"{group.name}-{reader.program}-{reader.processes}-{number}"
                        sample = self.once(name, there[group.name], reader)
                        samples[group.name, reader].append(sample)
                        say(f"   {title(reader):<34}{sample['frames_per_s']:>12,.0f} frames/s{sample['wall_s']:>8.2f} s"
                            f"{sample['peak_pss_mib']:>8.1f} MiB   load {sample['load_1m_before']}")
        for group in groups:
            for reader in self.usable(group.readers):
                self.points.append(self.point(group, reader, there[group.name].said, samples[group.name, reader]))

    def usable(self, readers):
        return [reader for reader in readers if reader.program not in NEEDS_RIVALS or self.shop.rivals_python]

    @staticmethod
    def point(group, reader, said, samples):
        source = group.input
        return {
            "group": group.name, "group_title": group.title, "reader": reader.program, "processes": reader.processes,
            "title": title(reader),
            "input": {"kind": source.kind, "frames": source.frames, "bytes": said["bytes"],
                      "partitions": source.partitions, "users_a_minute": source.users, "minutes": source.minutes,
                      "codec": source.codec},
            "median": medians(samples), "samples": samples,
        }

    def warm_up(self, group):
        """A broker that has just started has yet to compile its code and to make its internal topics."""
        say("== warm-up, not kept")
        with made(self.shop, group.name, group.input) as there:
            for reader in group.readers:
                self.once(f"warm-{reader.program}", there, reader)


def json_of(shop, program, *arguments, name):
    """What one of the small programs says of itself; None if it is not built here."""
    path = shop.program(program)
    if not os.access(path, os.X_OK):
        return None
    say(f"== {name}")
    done = subprocess.run([path, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{program} ended with code {done.returncode}")
    return {"load_1m_after": machine.load_1m(), **json.loads(done.stdout)}
