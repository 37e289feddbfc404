#!/usr/bin/env bash
# A consumer that is told to hold fewer records in memory sleeps for seconds, however fast its program takes them.
# What: librdkafka 2.16.0 (confluent-kafka 2.16.1) and 2.0.2 (confluent-kafka 2.0.2), PyPI, on Kafka 4.4.0.
# Expected: queued.min.messages bounds memory. Once the program has taken what was there, the next fetch goes out.
# Seen: a fetcher that finds its queue full looks again after fetch.queue.backoff.ms, by default a second, and is not
#   woken when the queue is empty. 20,000 records took 2.02 s with a queue of 1,000 and 0.03 s without, or with a
#   backoff of 5 ms. 2.0.2 sleeps as well, and does not have that property (2.2.0 has it).
# Why it matters: whoever saves memory for a topic with many partitions gets a lag instead, while processor, network and
#   broker are idle, and nothing in the log says why.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='2.0.2, as it comes: never sleeps
2.0.2, queued.min.messages 1000: sleeps
2.0.2, queued.min.messages 1000, fetch.queue.backoff.ms 5: no such property
2.16.0, as it comes: never sleeps
2.16.0, queued.min.messages 1000: sleeps
2.16.0, queued.min.messages 1000, fetch.queue.backoff.ms 5: never sleeps'

python_packages new confluent-kafka==2.16.1
python_packages old confluent-kafka==2.0.2
start_kafka 4.4.0
with_python new "$bootstrap" <<'PY'
import sys
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

admin = AdminClient({"bootstrap.servers": sys.argv[1]})
admin.create_topics([NewTopic("events", 1, 1)])["events"].result()
producer = Producer({"bootstrap.servers": sys.argv[1]})
for i in range(20_000):
    producer.produce("events", b"x" * 100)
producer.flush(60)
PY
read_all() {
  with_python "$1" "$bootstrap" "$2" <<'PY'
import json
import sys
import time
from confluent_kafka import Consumer, KafkaException, TopicPartition, libversion

settings = json.loads(sys.argv[2])
name = f"{libversion()[0]}, {', '.join(f'{key} {value}' for key, value in settings.items()) or 'as it comes'}"
try:
    consumer = Consumer({"bootstrap.servers": sys.argv[1], "group.id": "g", **settings})
except KafkaException:
    sys.exit(print(f"{name}: no such property"))
consumer.assign([TopicPartition("events", 0, 0)])
records, slept = len(consumer.consume(1, 60)), False
while records < 20_000:
    # The program asks again at once; only the fetcher's sleep is this long.
    begin = time.monotonic()
    records += len(consumer.consume(min(500, 20_000 - records), 60))
    slept = slept or time.monotonic() - begin > 0.7
print(f"{name}: {'sleeps' if slept else 'never sleeps'}")
consumer.close()
PY
}
now=$(
  for version in old new; do
    read_all "$version" '{}'
    read_all "$version" '{"queued.min.messages": 1000}'
    read_all "$version" '{"queued.min.messages": 1000, "fetch.queue.backoff.ms": 5}'
  done
)
still "$seen" "$now"
