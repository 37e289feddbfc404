#!/usr/bin/env bash
# A topic is deleted and made anew under its readers: librdkafka skips its first records without a word, Java reads
#   them.
# What: librdkafka 2.16.0 (confluent-kafka 2.16.1, PyPI) beside Kafka's own consumer 4.4.0, on Kafka 4.4.0.
# Expected: since both know topics by their ids, the new topic is no continuation of the old one: an error, or the reset
#   that auto.offset.reset asks for.
# Seen: librdkafka goes on at the old offset as soon as the new log has it. Of 8 records in the new topic it hands out
#   the last 3, the first of them as offset 5; where the topic was away for a moment only, neither a message nor the
#   error callback tells of anything. Kafka's console consumer, at the same offset in the same second, begins anew and
#   reads all 8.
# Why it matters: a topic that is emptied by deleting it loses as many new users as it had old records, in one client
#   only. Compare the topic's id, or a record that was read before, not only offsets.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='librdkafka, old topic: 0:old0 1:old1 2:old2 3:old3 4:old4
librdkafka, new topic: 5:new5 6:new6 7:new7
Java: old0 old1 old2 old3 old4 new0 new1 new2 new3 new4 new5 new6 new7'

python_packages packages confluent-kafka==2.16.1
start_kafka 4.4.0
kafka_tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$bootstrap" --create --topic events >/dev/null
kafka_tool org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server "$bootstrap" --topic events \
  --from-beginning >"$tmp/java.out" &
children+=("$!")

now=$(with_python packages "$bootstrap" "$tmp/java.out" <<'PY'
import sys
import time
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, java_out = sys.argv[1:]
admin = AdminClient({"bootstrap.servers": bootstrap})
errors = []
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "g", "auto.offset.reset": "earliest",
                     "error_cb": lambda error: errors.append(error.name())})
consumer.assign([TopicPartition("events", 0, 0)])

def send(name, count):
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 100})
    for i in range(count):
        producer.produce("events", f"{name}{i}")
    producer.flush()

def java_read():
    with open(java_out) as lines:
        return lines.read().split()

def read(last):
    seen, deadline = [], time.monotonic() + 60
    while time.monotonic() < deadline and not (seen and seen[-1].endswith(last) and last in java_read()):
        message = consumer.poll(0.2)
        if message is not None:
            error = message.error()
            seen.append(error.name() if error else f"{message.offset()}:{message.value().decode()}")
    return seen

send("old", 5)
print("librdkafka, old topic:", *read("old4"))
admin.delete_topics(["events"])["events"].result()
while True:
    try:
        admin.create_topics([NewTopic("events", 1, 1)])["events"].result()
        break
    except KafkaException:
        time.sleep(0.05)
send("new", 8)
print("librdkafka, new topic:", *read("new7"))
print("error callback:", *errors or ["nothing"], file=sys.stderr)  # a topic that was away for longer is told here
print("Java:", *java_read())
consumer.close()
PY
)
still "$seen" "$now"
