#!/usr/bin/env bash
# Promise: headcount is killed, frozen, fenced, starved and lied to for about ten minutes, on a real Kafka of its own,
# with every minute compared with the oracle's; at the end a table says what was done and what became of the minutes.
# Exit code 0 means: every test passed, some row is there, and nothing was lost, doubled or different.
# The broker is started here and stopped here; nothing else on this machine is touched.
set -euo pipefail

# shellcheck source=scripts/sample.sh
source "$(dirname "${BASH_SOURCE[0]}")/sample.sh"
cd "$root"

usage() {
  cat <<EOF
usage: fault.sh [OPTIONS]
  --quick           a short pass: every fault, fewer times
  --filter PATTERN  only tests whose names match (GoogleTest's --gtest_filter), as in --filter 'KillStorm.*'
  --seed N          what is left to chance is chosen by this number (default: another one each time; it is printed)
  --out DIR         where the broker, logs and results go (default: build/fault)
  --no-setup        install nothing
  --list            print the names of the tests and do nothing
Results: DIR/result.txt, DIR/result.json and DIR/tests.log.
EOF
}

quick=0 filter='*' seed='' out=$root/build/fault setup=1 list=0
tests=$root/build/debug/fault_tests
we_started_kafka=0 tests_pids=()
# The tests mostly wait for somebody to wake up, to come back or to give up. The storm has the machine for itself: its
# recovery times are promises.
storm='KillStorm.*' side_by_side=3

parse() {
  while (($#)); do
    case $1 in
      --quick) quick=1; shift ;;
      --filter) want "$@"; filter=$2; shift 2 ;;
      --seed) want_count "$@"; seed=$2; shift 2 ;;
      --out) want "$@"; out=$(realpath -m -- "$2"); shift 2 ;;
      --no-setup) setup=0; shift ;;
      --list) list=1; shift ;;
      -h | --help) usage; exit 0 ;;
      *) fail 64 "unknown option '$1'; --help shows them" ;;
    esac
  done
}

# shellcheck disable=SC2317  # called by the trap
clean_up() {
  local code=$?
  trap - EXIT
  if ((${#tests_pids[@]})); then
    kill "${tests_pids[@]}" 2>/dev/null || true  # what they started dies with them
    wait "${tests_pids[@]}" 2>/dev/null || true
  fi
  rm -rf "$out/tmp"
  if ((we_started_kafka)); then bash scripts/kafka.sh --dir "$out/kafka" stop || true; fi
  exit "$code"
}

# run_stage PATTERN COUNT: the tests of that pattern, divided among COUNT processes. Sets `failed`. In the background, so
# that a signal to us ends them at once.
run_stage() {
  local pattern=$1 count=$2 shard pid
  for ((shard = 0; shard < count; ++shard)); do
    GTEST_TOTAL_SHARDS=$count GTEST_SHARD_INDEX=$shard HEADCOUNT_TEST_BOOTSTRAP_FILE=$out/kafka/bootstrap \
      HEADCOUNT_FAULT_ROWS=$out/rows.jsonl HEADCOUNT_FAULT_SEED=$seed HEADCOUNT_FAULT_QUICK=$quick TMPDIR=$out/tmp \
      "$tests" "--gtest_filter=$pattern" </dev/null >&3 2>&1 3>&- &
    tests_pids+=($!)
  done
  for pid in "${tests_pids[@]}"; do wait "$pid" || failed=1; done
  tests_pids=()
}

run_tests() {
  exec 3> >(tee "$out/tests.log")
  local tee_pid=$!
  if [[ $filter == '*' ]]; then
    run_stage "$storm" 1
    run_stage "*-$storm" "$side_by_side"
  else
    run_stage "$filter" 1
  fi
  exec 3>&-
  wait "$tee_pid" || true
}

# The debug preset: only there are the crash points compiled in.
build_tests() {
  cmake --preset debug >/dev/null
  cmake --build --preset debug --target fault_tests headcount headcount-generate
}

main() {
  parse "$@"
  if [[ -z $seed ]]; then seed=$((1 + SRANDOM % 1000000)); fi
  if ((setup)); then step packages; bash scripts/setup.sh --only build,run,kafka; fi
  step build
  build_tests
  if ((list)); then exec "$tests" --gtest_list_tests; fi

  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  step "local Kafka broker, empty"
  rm -rf "$out/tmp"
  mkdir -p "$out/tmp"
  rm -f "$out"/{result.txt,result.json,rows.jsonl,tests.log}
  we_started_kafka=1
  bash scripts/kafka.sh --dir "$out/kafka" --port auto --fresh start

  step "faults, seed $seed"
  local failed=0
  run_tests

  step result
  python3 scripts/fault_report.py --dir "$out" --program "$root/build/debug/headcount" --seed "$seed" |
    tee "$out/result.txt" || failed=1
  if ((failed)); then fail 1 "not everything was right: see above, and $out/tests.log"; fi
}

main "$@"
