# What the scripts of this folder share: a temporary folder that goes with them, pinned packages, a broker, the
#   comparison. Sourced, never run. Exit codes of a script: 0 the behaviour is still so, 1 it changed, 69 a package
#   cannot be had.
# shellcheck shell=bash
set -euo pipefail

tmp=$(mktemp -d)
children=()

say() { echo "findings: $*" >&2; }
unavailable() { say "$*"; exit 69; }

# Ends what was started, the last first, by its id.
clean_up() {
  local i
  for ((i = ${#children[@]} - 1; i >= 0; i--)); do
    kill -CONT "${children[i]}" 2>/dev/null || true
    kill -KILL "${children[i]}" 2>/dev/null || true
    wait "${children[i]}" 2>/dev/null || true
  done
  rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

need() {
  local tool
  for tool in "$@"; do command -v "$tool" >/dev/null || unavailable "$tool is missing"; done
}

# python_packages FOLDER NAME==VERSION...: wheels, without what they depend on; the result is $tmp/FOLDER.
python_packages() {
  local folder=$tmp/$1
  shift
  need python3
  python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps --only-binary=:all: \
    --target "$folder" "$@" >"$tmp/pip.log" 2>&1 || { cat "$tmp/pip.log" >&2; unavailable "pip cannot install $*"; }
}

# with_python FOLDER [ARGUMENT]...: runs the program on standard input with the packages of $tmp/FOLDER.
with_python() {
  local folder=$tmp/$1
  shift
  PYTHONPATH=$folder PYTHONDONTWRITEBYTECODE=1 python3 - "$@"
}

# jars FOLDER GROUP:NAME:VERSION...: jars and all that they depend on, into $tmp/FOLDER.
jars() {
  local folder=$tmp/$1 package group name version dependencies=''
  shift
  need java mvn
  for package in "$@"; do
    IFS=: read -r group name version <<<"$package"
    dependencies+="<dependency><groupId>$group</groupId><artifactId>$name</artifactId>"
    dependencies+="<version>$version</version></dependency>"
  done
  mkdir -p "$folder"
  cat >"$folder/pom.xml" <<EOF
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>finding</groupId>
<artifactId>finding</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>$dependencies</dependencies></project>
EOF
  mvn -B -q -ntp -f "$folder/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime "-DoutputDirectory=$folder" >"$tmp/mvn.log" 2>&1 </dev/null ||
    { cat "$tmp/mvn.log" >&2; unavailable "Maven cannot fetch $*"; }
}

# debian FOLDER NAME=VERSION...: Debian packages, unpacked into $tmp/FOLDER, not installed.
debian() {
  local folder=$tmp/$1
  shift
  need apt-get dpkg-deb
  mkdir -p "$folder/deb"
  (cd "$folder/deb" && apt-get -qq download "$@") >"$tmp/apt.log" 2>&1 ||
    { cat "$tmp/apt.log" >&2; unavailable "apt-get cannot download $*"; }
  local file
  for file in "$folder"/deb/*.deb; do dpkg-deb -x "$file" "$folder"; done
}

# with_java FOLDER FILE [ARGUMENT]...: runs a program of one source file with the jars of $tmp/FOLDER.
with_java() {
  local folder=$tmp/$1
  shift
  java -cp "$folder/*" "$@" 2>"$tmp/java.log" || { cat "$tmp/java.log" >&2; return 1; }
}

# kafka_tool CLASS [ARGUMENT]...: one of Kafka's tools, of the broker's version.
kafka_tool() { java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$tmp/kafka/*" "$@" 2>"$tmp/tool.log"; }

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_kafka VERSION: one broker of that version, alone. $bootstrap is its address, $broker its process.
start_kafka() {
  local version=$1 port controller i
  need python3
  jars kafka "org.apache.kafka:kafka_2.13:$version" "org.apache.kafka:kafka-tools:$version"
  port=$(free_port) controller=$(free_port)
  bootstrap=127.0.0.1:$port
  cat >"$tmp/broker.properties" <<EOF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://$bootstrap,CONTROLLER://127.0.0.1:$controller
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$tmp/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=16777216
EOF
  kafka_tool kafka.tools.StorageTool format -t aaaaaaaaaaaaaaaaaaaaaQ -c "$tmp/broker.properties" >&2 ||
    { cat "$tmp/tool.log" >&2; exit 2; }
  java -Xmx512m -XX:+UseSerialGC -cp "$tmp/kafka/*" kafka.Kafka "$tmp/broker.properties" >"$tmp/broker.log" 2>&1 \
    </dev/null &
  broker=$!
  children+=("$broker")
  for ((i = 0; i < 120; i++)); do
    kill -0 "$broker" 2>/dev/null || { cat "$tmp/broker.log" >&2; say "the broker died"; exit 2; }
    if kafka_tool org.apache.kafka.tools.TopicCommand --bootstrap-server "$bootstrap" --list >/dev/null; then return; fi
    sleep 0.5
  done
  say "the broker does not answer"
  exit 2
}

# stop_kafka: ends the broker and takes all of it away, so that another version can be started.
stop_kafka() {
  local child rest=()
  kill -KILL "$broker"
  wait "$broker" 2>/dev/null || true
  for child in "${children[@]}"; do if [[ $child != "$broker" ]]; then rest+=("$child"); fi; done
  children=("${rest[@]}")
  rm -rf "$tmp/kafka" "$tmp/data"
}

# each_kafka COMMAND VERSION...: calls COMMAND VERSION with a broker of each version; $now is what they print.
each_kafka() {
  local command=$1 version
  shift
  now=''
  for version in "$@"; do
    start_kafka "$version"
    now+=${now:+$'\n'}$("$command" "$version")
    stop_kafka
  done
}

# still SEEN NOW: the end of a script. Both are texts.
still() {
  if [[ $1 == "$2" ]]; then
    printf '%s\n' "$2"
    say "still so"
    exit 0
  fi
  printf -- '--- seen when this was written:\n%s\n--- now:\n%s\n' "$1" "$2"
  say "this changed"
  exit 1
}
