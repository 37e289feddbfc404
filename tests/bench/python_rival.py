#!/usr/bin/env python3
"""The challenge's usual solution: confluent-kafka, ujson, a set of users for each minute, a process for each partition.

Promise: reads a topic from its beginning to its end and prints one line of JSON a minute, as headcount does. It checks
nothing that ujson does not check, waits for no late frame, and forgets everything when it dies.
  python_rival.py HOST:PORT TOPIC PARTITIONS
"""
import collections
import json
import multiprocessing
import sys

import ujson
from confluent_kafka import Consumer, KafkaError, TopicPartition

BATCH = 1000
BATCH_WAIT_S = 0.05  # for a full batch; what is there is taken then


def count_partition(bootstrap, topic, partition):
    """The users and the number of frames of each minute of one partition."""
    consumer = Consumer({
        "bootstrap.servers": bootstrap,
        "group.id": "bench-python",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        "fetch.message.max.bytes": 1 << 20,
        "fetch.wait.max.ms": 10,
    })
    consumer.assign([TopicPartition(topic, partition, 0)])
    users, events = collections.defaultdict(set), collections.Counter()
    at_end = False
    while not at_end:
        for message in consumer.consume(BATCH, timeout=BATCH_WAIT_S):
            if message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise RuntimeError(message.error())
                at_end = True
                continue
            if not events:
                print("first record", file=sys.stderr, flush=True)
            frame = ujson.loads(message.value())
            minute = frame["ts"] // 60 * 60
            users[minute].add(frame["uid"])
            events[minute] += 1
    consumer.close()
    return users, events


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 64
    bootstrap, topic, partitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
    users, events = collections.defaultdict(set), collections.Counter()
    with multiprocessing.Pool(partitions) as pool:
        jobs = [(bootstrap, topic, partition) for partition in range(partitions)]
        for its_users, its_events in pool.starmap(count_partition, jobs, chunksize=1):
            events.update(its_events)
            for minute, some in its_users.items():
                users[minute] |= some
    for minute in sorted(users):
        print(json.dumps({"window_start": minute, "unique_users": len(users[minute]), "events": events[minute]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
