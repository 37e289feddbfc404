#!/usr/bin/env bash
# A consumer that is at work waits up to a second for the first record of a topic that is added, unless it was told of
#   it.
# What: librdkafka 2.16.0 (confluent-kafka 2.16.1, PyPI) on Kafka 4.4.0.
# Expected: a topic that the client does not know is asked for at once, as it is for the first one.
# Seen: the leaders of unknown topics are asked for once a second. The first assignment of a new client is quick, since
#   its connection asks anyway; a later one waits for the next turn. Asking for the topic's metadata in the program's
#   own thread, whose answer it does not need, ends that wait.
# Why it matters: a short job that reads one topic after the other spends most of its time here: four-second runs became
#   three-second ones. It looks like a slow broker.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='median wait for the first record: about a second
having asked for the topic: less than a third of that'

python_packages packages confluent-kafka==2.16.1
start_kafka 4.4.0
now=$(with_python packages "$bootstrap" <<'PY'
import sys
import time
from statistics import median
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap = sys.argv[1]
topics = [f"topic-{i}" for i in range(7)]
admin = AdminClient({"bootstrap.servers": bootstrap})
producer = Producer({"bootstrap.servers": bootstrap})
for topic, made in admin.create_topics([NewTopic(topic, 1, 1) for topic in topics]).items():
    made.result()
    producer.produce(topic, b"x")
producer.flush(60)

def waits(ask):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "g", "fetch.wait.max.ms": 10})
    seconds = []
    for topic in topics:
        begin = time.monotonic()
        if ask:
            consumer.list_topics(topic, timeout=60)
        consumer.assign([TopicPartition(topic, 0, 0)])
        consumer.poll(60).value()
        seconds.append(time.monotonic() - begin)
    consumer.close()
    return seconds

plain, asked = waits(False), waits(True)
print(f"plain: {[round(one, 2) for one in plain]}, asked: {[round(one, 2) for one in asked]}", file=sys.stderr)
print("median wait for the first record:", "about a second" if 0.8 < median(plain) < 1.3 else f"{median(plain):.2f} s")
print("having asked for the topic:",
      "less than a third of that" if median(asked) * 3 < median(plain) else f"{median(asked):.2f} s")
PY
)
still "$seen" "$now"
