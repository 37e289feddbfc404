#!/usr/bin/env bash
# min.insync.replicas=2 does not keep a topic with one replica from taking records: acks=all is answered with one copy.
# What: Kafka 4.4.0 and 3.9.1, librdkafka 2.16.0 (confluent-kafka 2.16.1, PyPI).
# Expected: NOT_ENOUGH_REPLICAS, as the setting's description has it, or that such a topic cannot be made.
# Seen: the broker takes the smaller one of the setting and the number of replicas (since 3.7.0, the project says). The
#   topic is made, its description shows min.insync.replicas 2, one broker takes the records of a producer with
#   acks=all, and a transaction commits.
# Why it matters: the setting is given as a guard to topics that hold what was counted. A topic that is made with one
#   replica by mistake is guarded by nothing and says the contrary. Ask for the replicas, not for the setting.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='3.9.1: min.insync.replicas 2, replicas 1, acks=all taken, in a transaction taken
4.4.0: min.insync.replicas 2, replicas 1, acks=all taken, in a transaction taken'

python_packages packages confluent-kafka==2.16.1
# shellcheck disable=SC2317  # each_kafka calls it
ask() {
  with_python packages "$bootstrap" "$1" <<'PY'
import sys
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

bootstrap, version = sys.argv[1:]
admin = AdminClient({"bootstrap.servers": bootstrap})
admin.create_topics([NewTopic("events", 1, 1, config={"min.insync.replicas": "2"})])["events"].result()
resource = ConfigResource(ConfigResource.Type.TOPIC, "events")
setting = admin.describe_configs([resource])[resource].result()["min.insync.replicas"].value
replicas = admin.list_topics("events").topics["events"].partitions[0].replicas
results = []
def told(error, message):
    results.append(error.name() if error else "taken")
producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "message.timeout.ms": 10000})
producer.produce("events", b"x", on_delivery=told)
producer.flush(60)
producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "t"})
producer.init_transactions(60)
producer.begin_transaction()
producer.produce("events", b"x", on_delivery=told)
producer.commit_transaction(60)
print(f"{version}: min.insync.replicas {setting}, replicas {len(replicas)}, acks=all {results[0]},",
      f"in a transaction {results[1]}")
PY
}
each_kafka ask 3.9.1 4.4.0
still "$seen" "$now"
