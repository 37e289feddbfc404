#!/usr/bin/env bash
# A consumer that asks for its group's committed offset gets a timeout for as long as a transaction of the group is
#   open.
# What: librdkafka 2.16.0 (confluent-kafka 2.16.1, PyPI) on Kafka 4.4.0.
# Expected: the last committed offset, at once: the open transaction has decided nothing yet. The admin's list and the
#   consumer's committed() are two doors to one answer.
# Seen: committed() asks for stable offsets, and the broker holds the answer back for partitions that stand in an open
#   transaction: it runs into its timeout, or answers when the transaction ends. The list of the admin answers at once,
#   with the older offset; if asked for stable ones, it fails too. Offsets of an aborted transaction are never seen
#   anywhere.
# Why it matters: a second program that looks at a job's progress hangs for as long as the job's transaction, up to its
#   timeout after a crash; a partition that is not in the transaction answers meanwhile.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='committed, partition 0: 5 - partition 1: 6
transaction open, committed of partition 0: _TIMED_OUT - of partition 1: 6
transaction open, list: 0 5, 1 6 - stable: 0 UNSTABLE_OFFSET_COMMIT, 1 6
aborted, committed of partition 0: 5'

python_packages packages confluent-kafka==2.16.1
start_kafka 4.4.0
now=$(with_python packages "$bootstrap" <<'PY'
import sys
import time
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap = sys.argv[1]
admin = AdminClient({"bootstrap.servers": bootstrap})
admin.create_topics([NewTopic("events", 2, 1)])["events"].result()
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "job"})
producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "job"})
producer.init_transactions()

def begin(*partitions):
    producer.begin_transaction()
    producer.send_offsets_to_transaction([TopicPartition("events", p, at) for p, at in partitions],
                                         consumer.consumer_group_metadata(), 60)

def committed(partition, timeout):
    try:
        return consumer.committed([TopicPartition("events", partition)], timeout=timeout)[0].offset
    except KafkaException as error:
        return error.args[0].name()

def listed(stable):
    group = [ConsumerGroupTopicPartitions("job")]
    asked = admin.list_consumer_group_offsets(group, require_stable=stable, request_timeout=3)
    try:
        answer = asked["job"].result().topic_partitions
        return ", ".join(f"{one.partition} {one.error.name() if one.error else one.offset}" for one in answer)
    except KafkaException as error:
        return error.args[0].name()

begin((0, 5), (1, 6))
producer.commit_transaction(60)
print("committed, partition 0:", committed(0, 60), "- partition 1:", committed(1, 60))
begin((0, 8))
print("transaction open, committed of partition 0:", committed(0, 3), "- of partition 1:", committed(1, 60))
print("transaction open, list:", listed(False), "- stable:", listed(True))
producer.abort_transaction(60)
print("aborted, committed of partition 0:", committed(0, 60))
consumer.close()
PY
)
still "$seen" "$now"
