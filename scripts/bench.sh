#!/usr/bin/env bash
# Promise: measures the whole program as a user runs it, from the start of the process to its exit, and prints the
# machine, the medians and the ratios; the same as JSON beside it. A run whose minutes do not account for every record
# is no measurement: it ends the bench with code 1.
#   kafka  frames in a topic of a warm local broker on the same cores, `run --until-end`, two workers
#   file   frames in one file, one worker, records to stdout
set -euo pipefail

# shellcheck source=scripts/sample.sh
source "$(dirname "${BASH_SOURCE[0]}")/sample.sh"
cd "$root"

usage() {
  cat <<EOF
usage: bench.sh [OPTIONS]
  --runs N          runs of each kind; medians are printed (default: 3)
  --frames N        frames (default: 1000000)
  --users N         distinct users among them (default: 100000)
  --partitions N    partitions of the topic (default: 4)
  --workers N       workers of the runs from Kafka (default: 2)
  --only KIND       only kafka or only file
  --out DIR         where frames, logs and results go (default: build/bench; about 1 KB a frame)
  --no-setup        install nothing
  -b, --bootstrap-server H:P  measure against this Kafka; the topic headcount_bench_events and the topics
                              headcount_bench_metrics_* in it are made anew
Results: DIR/result.txt and DIR/result.json.
EOF
}

runs=3 frames=1000000 users=100000 partitions=4 workers=2 only='' out=$root/build/bench setup=1
topic=headcount_bench_events
we_started_kafka=0

parse() {
  while (($#)); do
    case $1 in
      --runs) want_count "$@"; runs=$2; shift 2 ;;
      --frames) want_count "$@"; frames=$2; shift 2 ;;
      --users) want_count "$@"; users=$2; shift 2 ;;
      --partitions) want_count "$@"; partitions=$2; shift 2 ;;
      --workers) want_count "$@"; workers=$2; shift 2 ;;
      --only)
        [[ ${2:-} == kafka || ${2:-} == file ]] || fail 64 "--only wants kafka or file"
        only=$2; shift 2 ;;
      --out) want "$@"; out=$(realpath -m -- "$2"); shift 2 ;;
      --no-setup) setup=0; shift ;;
      -b | --bootstrap-server) want "$@"; bootstrap=$2; shift 2 ;;
      -h | --help) usage; exit 0 ;;
      *) fail 64 "unknown option '$1'; --help shows them" ;;
    esac
  done
}

kinds() { if [[ -n $only ]]; then echo "$only"; else echo kafka file; fi; }
wants() { [[ -z $only || $only == "$1" ]]; }

# shellcheck disable=SC2317  # called by the trap
clean_up() {
  local code=$?
  trap - EXIT
  if ((we_started_kafka)); then bash scripts/kafka.sh --dir "$out/kafka" stop || true; fi
  exit "$code"
}

# The same frames for both kinds: by seed, count and users.
load_kafka() {
  if [[ -z $bootstrap ]]; then
    step "local Kafka broker, empty"
    bash scripts/kafka.sh --dir "$out/kafka" --port auto --fresh start
    we_started_kafka=1
    bootstrap=$(bash scripts/kafka.sh --dir "$out/kafka" address)
  fi
  step "load $frames frames into $topic"
  make_topic "$topic" "$partitions"
  "$generator" --frames "$frames" --users "$users" --partitions "$partitions" --seed 1 -b "$bootstrap" --topic "$topic" \
    2>&1 | tee "$out/load.log"
}

load_file() {
  step "write $frames frames into a file"
  rm -rf "$out/frames"
  mkdir -p "$out/frames"
  "$generator" --frames "$frames" --users "$users" --partitions 1 --seed 1 --out "$out/frames/part" 2>&1 | tee "$out/write.log"
}

# The one file that was written, whatever the generator appended to the prefix.
frames_file() { find "$out/frames" -type f -name 'part*' | head -n 1; }

# measured KIND NUMBER COMMAND...: one run, its figures in DIR/KIND-NUMBER.json, its messages in DIR/KIND-NUMBER.log.
measured() {
  local base=$out/$1-$2
  shift 2
  python3 scripts/measure.py --json "$base.json" --stderr "$base.log" -- "$@" || {
    local code=$?
    tail -n 20 "$base.log" >&2
    fail "$code" "the run ended with code $code; see $base.log"
  }
}

run_kafka() {
  local metrics=headcount_bench_metrics_$1
  make_topic "$metrics" 1
  # A group of its own each time, so that every run begins at the first record.
  measured kafka "$1" "$headcount" run -b "$bootstrap" --input-topic "$topic" --output-topic "$metrics" \
    --group "headcount-bench-$$-$1" --workers "$workers" --status-file "$out/kafka-$1.status.json" --until-end
  print_topic "$metrics" | python3 scripts/minutes.py --quiet --expect "$frames"
}

run_file() {
  measured file "$1" "$headcount" run --input "$(frames_file)" --workers 1 \
    --status-file "$out/file-$1.status.json" >"$out/file-$1.minutes"
  python3 scripts/minutes.py --quiet --expect "$frames" <"$out/file-$1.minutes"
}

main() {
  parse "$@"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if ((setup)); then step packages; bash scripts/setup.sh --only build,run,kafka; fi
  step build
  build_release
  mkdir -p "$out"
  rm -f "$out"/{kafka,file}-*.{json,log}
  if wants file; then load_file; fi
  if wants kafka; then load_kafka; fi

  # The first run finds a cold broker, which has yet to make its internal topics, and a cold file cache.
  local kind number
  for kind in $(kinds); do
    step "$kind: one run to warm up, not counted"
    "run_$kind" warm
    rm -f "$out/$kind-warm.json"
  done
  # The kinds take turns, so that a slow minute of the machine does not fall on one of them alone.
  for ((number = 1; number <= runs; number++)); do
    for kind in $(kinds); do
      step "$kind: run $number of $runs"
      "run_$kind" "$number"
      cat "$out/$kind-$number.json"
    done
  done

  step result
  local read_s=0 size=0
  if wants file; then
    size=$(stat -c %s "$(frames_file)")
    read_s=$({ TIMEFORMAT=%R; time wc -l <"$(frames_file)" >/dev/null; } 2>&1)
  else
    size=$(generated_bytes "$out/load.log")
  fi
  python3 scripts/bench_report.py --dir "$out" --frames "$frames" --users "$users" --partitions "$partitions" \
    --workers "$workers" --bytes "$size" --plain-read-s "$read_s" --program "$headcount" | tee "$out/result.txt"
}

main "$@"
