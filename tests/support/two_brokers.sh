#!/usr/bin/env bash
# Promise: a cluster of two brokers for tests of what one of them cannot do without the other. `two_brokers.sh DIR start
# COPIES` returns when both answer, `two_brokers.sh DIR stop` when both are gone. Broker 1, in DIR/1, is the controller
# too; broker 2 is in DIR/2. COPIES, 1 or 2, is on how many of them the offsets and the transactions' state are kept.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kafka_sh=$here/../../scripts/kafka.sh
dir=$(realpath -m -- "$1")

kafka() { bash "$kafka_sh" --dir "$dir/$1" "${@:2}"; }

# What is told to both beside config/kafka/server.properties.
of_both() {
  cat <<EOP
default.replication.factor=2
# As Kafka has it by itself: a broker that stands still is out of the cluster after nine seconds.
broker.session.timeout.ms=9000
# Odd and different, so that some group is kept by any two of them.
offsets.topic.num.partitions=5
transaction.state.log.num.partitions=3
offsets.topic.replication.factor=$1
transaction.state.log.replication.factor=$1
EOP
}

# ... and to the second, which is no controller.
of_second() {
  of_both "$1"
  cat <<EOP
process.roles=broker
node.id=2
controller.quorum.voters=1@127.0.0.1:$2
listeners=PLAINTEXT://127.0.0.1:@PORT@
EOP
}

start() {
  mkdir -p "$dir/1" "$dir/2"
  of_both "$1" >"$dir/1/added.properties"
  kafka 1 --port auto --fresh --add "$dir/1/added.properties" start
  local controller_port cluster
  read -r _ controller_port <"$dir/1/ports"
  cluster=$(sed -n 's/^cluster.id=//p' "$dir/1/data/meta.properties")
  of_second "$1" "$controller_port" >"$dir/2/added.properties"
  # Its data folder is made for that cluster before kafka.sh would make one for a cluster of its own.
  { grep -v @ "$here/../../config/kafka/server.properties"; sed 's/@PORT@/9092/' "$dir/2/added.properties"
    echo "log.dirs=$dir/2/data"; } >"$dir/2/format.properties"
  kafka 2 tool kafka.tools.StorageTool format -t "$cluster" -c "$dir/2/format.properties" >"$dir/2/format.log" 2>&1
  kafka 2 --port auto --add "$dir/2/added.properties" start
}

case ${2:-} in
  start) start "${3:-1}" ;;
  # The second first: it asks the controller for leave.
  stop) for n in 2 1; do kafka "$n" --wait 5 stop || true; done ;;
  *) echo "usage: two_brokers.sh DIR start [1|2] | DIR stop" >&2; exit 64 ;;
esac
