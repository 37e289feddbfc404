#!/usr/bin/env bash
# One record whose clock runs two hours fast takes the nine others of its batch with it.
# What: Kafka 4.4.0 and 3.9.1, librdkafka 2.16.0 (confluent-kafka 2.16.1, PyPI).
# Expected: a broker that refuses one timestamp refuses that record, and says so of that record only.
# Seen: since 4.0 message.timestamp.after.max.ms is an hour, where it was for ever. The batch is refused as a whole, and
#   librdkafka reports INVALID_TIMESTAMP for all its records, also for those whose time is right. A transaction cannot
#   be committed after that. With 3.9.1 all ten are taken.
# Why it matters: a gateway that passes on the clocks of devices loses the users that share a batch with a wrong one,
#   the more the longer it lingers; which ones depends on the load. Carry a device's time in the value, as it is not
#   checked.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='3.9.1, plain: taken 10
3.9.1, in a transaction: taken 10, commit fine
4.4.0, plain: INVALID_TIMESTAMP 10
4.4.0, in a transaction: INVALID_TIMESTAMP 10, commit INVALID_TIMESTAMP'

python_packages packages confluent-kafka==2.16.1
# shellcheck disable=SC2317  # each_kafka calls it
ask() {
  with_python packages "$bootstrap" "$1" <<'PY'
import sys
import time
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, version = sys.argv[1:]
admin = AdminClient({"bootstrap.servers": bootstrap})
admin.create_topics([NewTopic("events", 1, 1)])["events"].result()
for name, settings in (("plain", {}), ("in a transaction", {"transactional.id": "t"})):
    # A batch holds at most ten records here and leaves when it holds ten.
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 10000, "batch.num.messages": 10, **settings})
    if settings:
        producer.init_transactions()
        producer.begin_transaction()
    results = {}
    def told(error, message):
        results[message.value().decode()] = error.name() if error else "taken"
    now = int(time.time() * 1000)
    for i in range(10):
        producer.produce("events", f"{i}", timestamp=now + (7_200_000 if i == 4 else 0), partition=0, on_delivery=told)
    producer.flush(60)
    words = [f"{word} {list(results.values()).count(word)}" for word in sorted(set(results.values()))]
    if settings:
        try:
            producer.commit_transaction(60)
            words.append("commit fine")
        except KafkaException as error:
            words.append(f"commit {error.args[0].name()}")
    print(f"{version}, {name}:", ", ".join(words))
PY
}
each_kafka ask 3.9.1 4.4.0
still "$seen" "$now"
