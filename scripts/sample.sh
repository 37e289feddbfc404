# shellcheck shell=bash
# Promise: what run_solution.sh and bench.sh share: building, the local broker, sample topics, sample frames. Sourced,
# not run.

root=$(dirname "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)")
generator=$root/build/release/headcount-generate
# shellcheck disable=SC2034  # for those who source this
headcount=$root/build/release/headcount
bootstrap=''  # host:port, once known

name=$(basename "$0" .sh)

step() { printf '\n== %s\n' "$*"; }
fail() { echo "$name: $2" >&2; exit "$1"; }
want() { [[ -n ${2:-} ]] || fail 64 "$1 wants a value; --help shows which"; }
want_count() {
  want "$@"
  [[ $2 =~ ^[1-9][0-9]{0,11}$ ]] || fail 64 "$1 $2: a whole number above 0"
}

build_release() {
  cmake --preset release >/dev/null
  cmake --build --preset release --target headcount headcount-generate
}

# make_topic TOPIC PARTITIONS: an empty topic, also if one of that name was there.
make_topic() {
  "$generator" -b "$bootstrap" --delete-topic "$1" --if-exists
  "$generator" -b "$bootstrap" --create-topic "$1" --topic-partitions "$2"
}

# The records of a topic that a consumer with read_committed sees, one a line.
print_topic() { "$generator" -b "$bootstrap" --print-topic "$1"; }

# figure FILE NAME: one number of a file that measure.py wrote.
figure() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"; }

# generated_bytes LOG: the bytes of all frames, as the generator told them; 0 if it did not.
generated_bytes() {
  local bytes
  bytes=$(grep -oE '\bbytes=[0-9]+' "$1" | tail -n 1) || true
  echo "${bytes#bytes=}" | grep . || echo 0
}
