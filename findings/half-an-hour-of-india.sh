#!/usr/bin/env bash
# kafka-consumer-groups --to-datetime reads +0530 as +05:00, and .5 as 5 ms.
# What: Kafka 4.4.0's tool.
# Expected: the two spellings of ISO 8601 for one offset, +05:30 and +0530, are one moment, or one of them is refused,
#   as a date without milliseconds is; half a second is 500 ms.
# Seen: +0530 is taken, and its minutes are dropped without a word. A zone of whole hours hides it. The fraction is a
#   whole number of milliseconds. A date without a zone is UTC, whatever zone the machine has.
# Why it matters: whoever goes back to 14:30 in India with what `date +%z` prints starts half an hour late, and the
#   users of that half hour are not counted again. Look at the offsets of a dry run.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='14:30:00.000+05:30: 09:00:00.00 UTC
14:30:00.000+0530: 09:30:00.00 UTC
06:00:00.000-03:30: 09:30:00.00 UTC
06:00:00.000-0330: 09:00:00.00 UTC
09:00:00.500: 09:00:00.50 UTC
09:00:00.5: 09:00:00.25 UTC
09:00:00: refused'

python_packages packages confluent-kafka==2.16.1
start_kafka 4.4.0
# A record every quarter of a second, from 9:00 UTC on.
with_python packages "$bootstrap" <<'PY'
import sys
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

admin = AdminClient({"bootstrap.servers": sys.argv[1]})
admin.create_topics([NewTopic("events", 1, 1)])["events"].result()
producer = Producer({"bootstrap.servers": sys.argv[1]})
for quarter in range(3600 * 4):
    producer.produce("events", b"x", timestamp=1468227600000 + 250 * quarter)
producer.flush(60)
PY
start_at() {
  local answer
  answer=$(kafka_tool org.apache.kafka.tools.consumer.group.ConsumerGroupCommand --bootstrap-server "$bootstrap" \
    --group g --topic events --reset-offsets --dry-run --to-datetime "2016-07-11T$1") || true
  answer=$(awk '$2 == "events" { printf "09:%02d:%05.2f UTC", $4 / 240, $4 / 4 % 60 }' <<<"$answer")
  printf '%s: %s\n' "$1" "${answer:-refused}"
}
now=$(
  for time in 14:30:00.000+{05:30,0530} 06:00:00.000-{03:30,0330} 09:00:00{.500,.5,}; do start_at "$time"; done
)
still "$seen" "$now"
