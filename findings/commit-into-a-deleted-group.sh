#!/usr/bin/env bash
# A transaction commits without an error, and the offsets that were sent with it are gone.
# What: Kafka 4.4.0, with its tool kafka-consumer-groups and librdkafka 2.16.0 (confluent-kafka 2.16.1, PyPI).
# Expected: offsets and records of a transaction stand or fall together. Whoever deletes or resets the group's offsets
#   meanwhile is refused, as with a group that has members, or the commit is.
# Seen: a program that assigns its partitions itself is no member, so its group is "Empty" and the tool may do all with
#   it, also between send_offsets_to_transaction and commit_transaction. The commit then makes the records visible, but
#   no offset: after --delete and --delete-offsets there is none, after --reset-offsets the one that was set stays,
#   although the commit came later.
# Why it matters: the next start reads again what is published, under "exactly once". Look at the group's offsets after
#   the commit, or before the next one.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='undisturbed: tool nothing, commit fine, 2 records to read, offset 8
deleted: tool accepted, commit fine, 2 records to read, offset none
offsets-deleted: tool accepted, commit fine, 2 records to read, offset none
reset: tool accepted, commit fine, 2 records to read, offset 0'

python_packages packages confluent-kafka==2.16.1
start_kafka 4.4.0
now=$(with_python packages "$bootstrap" "$tmp/kafka/*" <<'PY'
import subprocess
import sys
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap, jars = sys.argv[1:]
admin = AdminClient({"bootstrap.servers": bootstrap})
for made in admin.create_topics([NewTopic(name, 1, 1) for name in ("input", "output")]).values():
    made.result()
source = TopicPartition("input", 0)
producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": "job"})
producer.init_transactions()

def tool(group, *arguments):
    done = subprocess.run(["java", "-cp", jars, "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
                           "--bootstrap-server", bootstrap, "--group", group, *arguments], capture_output=True)
    return "accepted" if done.returncode == 0 and b"rror" not in done.stdout else "refused"

def offset(group):
    with_group = Consumer({"bootstrap.servers": bootstrap, "group.id": group})
    answer = with_group.committed([source], timeout=30)[0].offset
    with_group.close()
    return answer if answer >= 0 else "none"

def commit(group, at, meanwhile=None):
    member_less = Consumer({"bootstrap.servers": bootstrap, "group.id": group})
    producer.begin_transaction()
    producer.produce("output", group)
    producer.send_offsets_to_transaction([TopicPartition("input", 0, at)], member_less.consumer_group_metadata(), 30)
    word = tool(group, *meanwhile) if meanwhile else "nothing"
    producer.commit_transaction(30)
    member_less.close()
    return word

words = {}
for group, arguments in (("undisturbed", None), ("deleted", ["--delete"]),
                         ("offsets-deleted", ["--delete-offsets", "--topic", "input"]),
                         ("reset", ["--reset-offsets", "--topic", "input", "--to-earliest", "--execute"])):
    commit(group, 7)
    offset(group)
    words[group] = commit(group, 8, arguments)

# What is read stands behind the marker of its transaction, which is written a moment after the commit is answered.
reader = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "isolation.level": "read_committed"})
reader.assign([TopicPartition("output", 0, 0)])
read = []
while len(read) < 2 * len(words):
    message = reader.poll(60)
    if message is None:
        break
    read.append(message.value().decode())
reader.close()
for group, word in words.items():
    print(f"{group}: tool {word}, commit fine, {read.count(group)} records to read, offset {offset(group)}")
PY
)
still "$seen" "$now"
