#!/usr/bin/env bash
# Promise: measures headcount beside its rivals on this machine, as anyone can: installs what is missing, builds the
# release, starts a broker of its own, makes its input, checks every answer, writes every sample, and leaves nothing
# running. A wrong count is no measurement: it ends the bench with code 1. scripts/bench/ has the plan and the charts,
# tests/bench/README.md what each figure means.
set -euo pipefail

# shellcheck source=scripts/sample.sh
source "$(dirname "${BASH_SOURCE[0]}")/sample.sh"
cd "$root"

# The rivals, pinned, so that a figure of today can be had tomorrow.
rivals=(confluent-kafka==2.16.1 ujson==6.1.0 duckdb==2.0.0)
kept=$root/tests/bench/results

usage() {
  cat <<EOT
usage: bench.sh [--quick | --smoke] [OPTIONS]
  --quick           two to four minutes: one round, a tenth of the frames
  --smoke           seconds: whether the bench still works; no rival that must be fetched
  --only WORD       only what begins with it: kafka, partitions, codec, file, length, users, decode, sets, latency, limits;
                    may be given more than once
  --rounds N        of each point, instead of three (--quick: one); medians are printed
  --keep            put result and charts into tests/bench/results, which the README shows
  --out DIR         where inputs, logs and results go (default: build/bench; up to 10 GB, deleted again)
  --no-setup        install nothing; rivals that are not there are left out
  --no-build        build nothing; use the programs of build/release as they are
  -b, --bootstrap-server H:P  use this broker; the topics headcount_bench_* in it are made anew
nothing is measured anew with:
  --report [FILE]   print the tables of a result, the README's first (default: the one in tests/bench/results)
  --budget          count the instructions of a frame now and make that the budget of the guard
  --stages          count the instructions of each stage of a frame's way
Results: DIR/result.json and DIR/*.svg.
Exit codes: 0 measured, 1 a wrong answer, 64 an option, 69 something cannot be reached, 78 no room on the disk, or
no programs with --no-build.
EOT
}

mode=full out=$root/build/bench setup=1 build=1 keep=0 action=measure report=$kept/result.json
passed_on=()
venv_python=''
we_started_kafka=0

parse() {
  while (($#)); do
    case $1 in
      --quick) mode=quick; shift ;;
      --smoke) mode=smoke; setup=0; shift ;;
      --only) want "$@"; passed_on+=(--only "$2"); shift 2 ;;
      --rounds) want_count "$@"; passed_on+=(--rounds "$2"); shift 2 ;;
      --keep) keep=1; shift ;;
      --out) want "$@"; out=$(realpath -m -- "$2"); shift 2 ;;
      --no-setup) setup=0; shift ;;
      --no-build) setup=0 build=0; shift ;;
      -b | --bootstrap-server) want "$@"; bootstrap=$2; shift 2 ;;
      --report)
        action=report; shift
        if (($#)) && [[ $1 != -* ]]; then report=$1; shift; fi ;;
      --budget) action=budget; shift ;;
      --stages) action=stages; shift ;;
      -h | --help) usage; exit 0 ;;
      *) fail 64 "unknown option '$1'; --help shows them" ;;
    esac
  done
}

# shellcheck disable=SC2317  # called by the trap
clean_up() {
  local code=$?
  trap - EXIT
  rm -f "$out"/frames-*.jsonl
  if ((we_started_kafka)); then
    bash scripts/kafka.sh --dir "$out/kafka" stop || true
    rm -rf "$out/kafka/data"
  fi
  exit "$code"
}

install() {
  step packages
  local sections=build,run,kafka,bench
  if [[ $action != measure ]]; then sections=build,bench,guard; fi
  bash scripts/setup.sh --only "$sections"
  [[ $action == measure && $mode != smoke ]] || return 0
  step "rivals: ${rivals[*]}"
  [[ -x $out/venv/bin/python ]] || python3 -m venv "$out/venv"
  "$out/venv/bin/pip" --quiet --disable-pip-version-check install "${rivals[@]}" ||
    fail 69 "the rivals could not be fetched; --no-setup measures without them"
}

find_rivals() {
  if "$out/venv/bin/python" -c 'import confluent_kafka, ujson, duckdb' 2>/dev/null; then
    venv_python=$out/venv/bin/python
  else
    echo "bench: confluent-kafka, ujson or duckdb is not installed in $out/venv: Python and DuckDB are left out" >&2
  fi
}

build() {
  if ((!build)); then
    [[ -x $headcount && -x $root/build/release/raw_consumer ]] || fail 78 "--no-build, but build/release holds no programs"
    return
  fi
  step build
  # Once more, as simdjson may have been installed since.
  cmake --preset release >/dev/null
  cmake --build --preset release --target headcount headcount-generate bench_programs
}

start_broker() {
  [[ -z $bootstrap ]] || return 0
  step "local Kafka broker, empty"
  bash scripts/kafka.sh --dir "$out/kafka" --port auto --fresh start
  we_started_kafka=1
  bootstrap=$(bash scripts/kafka.sh --dir "$out/kafka" address)
  passed_on+=(--broker-pid "$(bash scripts/kafka.sh --dir "$out/kafka" pid)")
}

measure() {
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if ((setup)); then install; fi
  build
  mkdir -p "$out"
  if [[ $mode != smoke ]]; then find_rivals; fi
  start_broker
  python3 scripts/bench --mode "$mode" --out "$out" -b "$bootstrap" --rivals-python "$venv_python" "${passed_on[@]}"
  if ((keep)); then
    mkdir -p "$kept"
    rm -f "$kept"/*.svg
    cp "$out/result.json" "$out"/*.svg "$kept"
    echo "bench: kept in $kept"
  fi
}

main() {
  parse "$@"
  case $action in
    measure) measure ;;
    report)
      [[ -r $report ]] || fail 64 "--report: there is no $report"
      python3 scripts/bench --report "$report" ;;
    budget | stages)
      if ((setup)); then install; fi
      build
      if [[ $action == budget ]]; then python3 tests/bench/instruction_guard.py --write; else python3 tests/bench/stages.py; fi ;;
  esac
}

main "$@"
