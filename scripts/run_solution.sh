#!/usr/bin/env bash
# Promise: on a fresh Debian 12 or 13, one command from nothing to the answer: installs what is missing, builds,
# starts a local Kafka broker (or uses yours), makes the topics anew, loads generated frames, counts the distinct users
# of every minute, prints the minutes and what it cost. Fails if a single record is not accounted for.
# With --live a generator and the program keep running instead, until Ctrl-C.
set -euo pipefail

# shellcheck source=scripts/sample.sh
source "$(dirname "${BASH_SOURCE[0]}")/sample.sh"
cd "$root"

usage() {
  cat <<EOF
usage: run_solution.sh [OPTIONS]
  -b, --bootstrap-server H:P  use this Kafka instead of a local broker. Its topics headcount_sample_events and
                              headcount_sample_metrics are deleted and made anew; nothing else in it is touched
  --frames N                  frames to load (default: 1000000)
  --users N                   distinct users among them (default: 100000)
  --partitions N              partitions of the input topic (default: 4)
  --minutes N                 minutes of event time the frames span (default: 10)
  --seed N                    the same seed makes the same frames, so the same table (default: 1)
  --damage KINDS              spoil some frames; headcount-generate --help names the kinds (default: none)
  --workers N                 worker processes (default: the number of cores)
  --live                      generate frames stamped with the present time, and count them until Ctrl-C
  --rate N                    of --live: frames a second (default: 2000)
  --keep                      leave the local broker running afterwards; scripts/kafka.sh stop stops it
  --no-setup                  install nothing
Exit codes: 0 all counted; 1 a record is unaccounted for; else what the failing step returned.
EOF
}

frames=1000000 users=100000 partitions=4 minutes=10 seed=1 damage='' workers=$(nproc) live=0 rate=2000 keep=0 setup=1
input=user_events output=event_metrics group=headcount
work=$root/build/run_solution
status_file=$root/headcount.status.json
we_started_kafka=0
generator_pid='' job_pid=''

parse() {
  while (($#)); do
    case $1 in
      -b | --bootstrap-server)
        want "$@"; bootstrap=$2; shift 2
        input=headcount_sample_events output=headcount_sample_metrics group=headcount-sample ;;
      --frames) want_count "$@"; frames=$2; shift 2 ;;
      --users) want_count "$@"; users=$2; shift 2 ;;
      --partitions) want_count "$@"; partitions=$2; shift 2 ;;
      --minutes) want_count "$@"; minutes=$2; shift 2 ;;
      --seed) want_count "$@"; seed=$2; shift 2 ;;
      --damage) want "$@"; damage=$2; shift 2 ;;
      --workers) want_count "$@"; workers=$2; shift 2 ;;
      --rate) want_count "$@"; rate=$2; shift 2 ;;
      --live) live=1; shift ;;
      --keep) keep=1; shift ;;
      --no-setup) setup=0; shift ;;
      -h | --help) usage; exit 0 ;;
      *) fail 64 "unknown option '$1'; --help shows them" ;;
    esac
  done
}

# Whatever happens, nothing that we started stays behind: first the frames stop, then the job, then the broker.
# shellcheck disable=SC2317  # called by the trap
clean_up() {
  local code=$?
  trap - EXIT INT TERM
  end "$generator_pid"
  end "$job_pid"
  if ((we_started_kafka && !keep)); then bash scripts/kafka.sh stop || true; fi
  exit "$code"
}

# end PID: asks a child of ours to end, and waits for it.
end() {
  [[ -n $1 ]] || return 0
  kill -TERM "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

prepare() {
  if ((setup)); then
    step "packages"
    if [[ -n $bootstrap ]]; then bash scripts/setup.sh --only build,run; else bash scripts/setup.sh --only build,run,kafka; fi
  fi
  step "build"
  build_release
  mkdir -p "$work"
  if [[ -z $bootstrap ]]; then
    step "local Kafka broker"
    if ! bash scripts/kafka.sh status; then
      bash scripts/kafka.sh --port auto start
      we_started_kafka=1
    fi
    bootstrap=$(bash scripts/kafka.sh address)
  fi
  step "topics $input ($partitions partitions) and $output, made anew on $bootstrap"
  make_topic "$input" "$partitions"
  make_topic "$output" 1
}

generate() {
  "$generator" -b "$bootstrap" --topic "$input" --partitions "$partitions" --users "$users" --seed "$seed" \
    ${damage:+--damage "$damage"} "$@"
}

options_of_run() {
  printf '%s\n' -b "$bootstrap" --input-topic "$input" --output-topic "$output" --group "$group" \
    --workers "$workers" --status-file "$status_file"
}

figures() {
  python3 - "$1" "$2" "$3" <<'EOF'
import json, sys
run, frames, size = json.load(open(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
rows = [
    ("frames", f"{frames:,}"),
    ("seconds", f"{run['wall_s']:.2f}  (whole process, start to exit)"),
    ("frames/s", f"{frames / run['wall_s']:,.0f}"),
    ("MB/s", f"{size / 1e6 / run['wall_s']:,.1f}" if size else "unknown"),
    ("peak memory", f"{run['peak_pss_mib']:.1f} MiB  (sum of PSS of all its processes)"),
    ("CPU seconds", f"{run['cpu_s']:.2f}"),
]
for label, value in rows:
    print(f"{label:<12} {value}")
EOF
}

count_history() {
  step "load $frames frames of $users users"
  generate --frames "$frames" --minutes "$minutes" 2>&1 | tee "$work/generate.log"

  step "count with $workers workers"
  local -a options
  mapfile -t options < <(options_of_run)
  python3 scripts/measure.py --json "$work/figures.json" -- "$headcount" run "${options[@]}" --until-end

  step "minutes, read from $output with read_committed"
  print_topic "$output" | python3 scripts/minutes.py --expect "$frames"

  step "figures"
  figures "$work/figures.json" "$frames" "$(generated_bytes "$work/generate.log")"
}

# Shows each minute as it appears; Ctrl-C ends it, by the trap.
show_minutes() {
  local shown=0 line
  local -a lines
  while kill -0 "$job_pid" 2>/dev/null; do
    mapfile -t lines < <(print_topic "$output" 2>/dev/null || true)
    for line in "${lines[@]:shown}"; do echo "$line"; done
    if ((${#lines[@]} > shown)); then shown=${#lines[@]}; fi
    sleep 2
  done
}

live() {
  step "live: $rate frames a second from now on; a minute appears 5 s after it is over; Ctrl-C ends it"
  echo "in another terminal: build/release/headcount status --status-file $status_file"
  trap 'echo; exit 0' INT
  local -a options
  mapfile -t options < <(options_of_run)
  generate --live --rate "$rate" >"$work/generate.log" 2>&1 &
  generator_pid=$!
  HEADCOUNT_BIN=$headcount bash scripts/supervise.sh "${options[@]}" &
  job_pid=$!
  show_minutes
  local code=0
  wait "$job_pid" || code=$?
  job_pid=''
  fail "$code" "the job ended by itself with code $code; its messages stand above"
}

main() {
  parse "$@"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  prepare
  if ((live)); then live; else count_history; fi
}

main "$@"
