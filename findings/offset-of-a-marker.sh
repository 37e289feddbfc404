#!/usr/bin/env bash
# Kafka's search by time answers with the offset of a transaction's marker, where no record stands, and with its time.
# What: Kafka 4.4.0, asked by librdkafka 2.16.0 (confluent-kafka 2.16.1, PyPI).
# Expected: of three records from 2016, none is as late as 2020, so the search for 2020 finds nothing; the largest
#   timestamp is that of the last record.
# Seen: a commit marker carries the broker's clock. The search for any later time up to the commit finds the marker's
#   offset, in read_committed and read_uncommitted, and "max timestamp" is the moment of the commit. Without a
#   transaction both answers are as expected.
# Why it matters: who asks how far event time has come in a topic is told "now" as soon as its producers are
#   transactional, and a reader that is sent to the answer waits for a record that never comes.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='plain, read_uncommitted: from 2020 on at -1, largest at 2 of 2016
plain, read_committed: from 2020 on at -1, largest at 2 of 2016
transactional, read_uncommitted: from 2020 on at 3, largest at 3 of just now
transactional, read_committed: from 2020 on at 3, largest at 3 of just now'

python_packages packages confluent-kafka==2.16.1
start_kafka 4.4.0
now=$(with_python packages "$bootstrap" <<'PY'
import sys
import time
from confluent_kafka import IsolationLevel, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

bootstrap = sys.argv[1]
admin = AdminClient({"bootstrap.servers": bootstrap})
in_2016, in_2020 = 1468244400000, 1577836800000

def ask(topic, what, isolation):
    answer = admin.list_offsets({TopicPartition(topic, 0): what}, isolation_level=isolation)
    return next(iter(answer.values())).result()

def show(topic):
    for isolation in (IsolationLevel.READ_UNCOMMITTED, IsolationLevel.READ_COMMITTED):
        found = ask(topic, OffsetSpec.for_timestamp(in_2020), isolation)
        largest = ask(topic, OffsetSpec.max_timestamp(), isolation)
        age = time.time() - largest.timestamp / 1000
        when = "2016" if largest.timestamp == in_2016 + 2000 else "just now" if age < 600 else str(largest.timestamp)
        print(f"{topic}, {isolation.name.lower()}: from 2020 on at {found.offset},",
              f"largest at {largest.offset} of {when}")

for topic, settings in (("plain", {}), ("transactional", {"transactional.id": "t"})):
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result()
    producer = Producer({"bootstrap.servers": bootstrap, **settings})
    if settings:
        producer.init_transactions()
        producer.begin_transaction()
    for i in range(3):
        producer.produce(topic, f"{i}", timestamp=in_2016 + 1000 * i)
    producer.flush()
    if settings:
        producer.commit_transaction()
        # The marker is written a moment after the commit is answered.
        while ask(topic, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED).offset < 4:
            time.sleep(0.05)
    show(topic)
PY
)
still "$seen" "$now"
