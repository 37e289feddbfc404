#!/usr/bin/env bash
# Promise: installs what is missing, builds, runs the tests, and ends with ctest's own summary and exit code. Works on
# a clean checkout, without a terminal. The tests start their own Kafka broker and stop it.
set -euo pipefail

root=$(dirname "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)")
cd "$root"

usage() {
  cat <<EOF
usage: test.sh [--no-setup] [--label LABEL] [--tests REGEX] [--preset PRESET] [--jobs N] [--tidy]
               [--kafka VERSION] [--librdkafka VERSION]
  --no-setup       install nothing
  --label LABEL    only tests with this label: unit, shm, jobs, integration, cli, check, ... (ctest's -L, a regex)
  --tests REGEX    only tests whose names match (ctest's -R)
  --preset PRESET  build and test this preset: debug (default), asan, tsan
  --jobs N         tests that run side by side (default: twice the number of cores, as they mostly wait)
  --kafka VERSION  on brokers of that version of Kafka, as in: --kafka 3.9.1 --label integration
  --librdkafka VERSION  with the library of that version of PyPI's confluent-kafka in the place of the installed one, as in:
                   --librdkafka 2.8.0 --label integration. What is built stays as it is
  --tidy           also run clang-tidy over all sources, which takes some minutes
With CI=true in the environment warnings are errors.
EOF
}

# A sanitizer ends the process it has found something in. If that was one of a job's children, the job goes on and its
# test may pass: so all of them write their reports into one folder, and one report is a failure.
show_reports() {
  local reports=$1 report
  for report in "$reports"/*; do
    [[ -e $report ]] || return 0
    echo "== $report"
    cat "$report"
  done
  echo "test: the sanitizer has found something; its reports are in $reports" >&2
  return 1
}

fail() { echo "test: $2" >&2; exit "$1"; }
step() { printf '== %s\n' "$*"; }

main() {
  local setup=1 preset=debug jobs tidy=0 kafka='' librdkafka=''
  local -a select=()
  jobs=$(($(nproc) * 2))
  while (($#)); do
    case $1 in
      --label | --tests | --preset | --jobs | --kafka | --librdkafka) [[ -n ${2:-} ]] || fail 64 "$1 wants a value; --help shows which" ;;&
      --no-setup) setup=0; shift ;;
      --label) select+=(-L "$2"); shift 2 ;;
      --tests) select+=(-R "$2"); shift 2 ;;
      --preset) [[ $2 =~ ^(debug|asan|tsan)$ ]] || fail 64 "--preset $2: debug, asan or tsan"; preset=$2; shift 2 ;;
      --jobs) [[ $2 =~ ^[1-9][0-9]{0,2}$ ]] || fail 64 "--jobs $2: a number from 1 to 999"; jobs=$2; shift 2 ;;
      --kafka) [[ $2 =~ ^[0-9][0-9.]*$ ]] || fail 64 "--kafka $2: a version, as in 3.9.1"; kafka=$2; shift 2 ;;
      --librdkafka) librdkafka=$2; shift 2 ;;
      --tidy) tidy=1; shift ;;
      -h | --help) usage; exit 0 ;;
      *) fail 64 "unknown option '$1'; --help shows them" ;;
    esac
  done

  if ((setup)); then step setup; bash scripts/setup.sh --dev; fi

  step "build $preset"
  cmake --preset "$preset"
  cmake --build --preset "$preset"
  # The release build is what users run: it must compile, without warnings, before tests of the other are believed. Its
  # instructions are counted, and the bench tries itself on it.
  if [[ $preset == debug ]]; then
    step "build release"
    cmake --preset release
    cmake --build --preset release --target headcount headcount-generate bench_programs
    # Where there is no clang (setup.sh installs it), the tests that need these are skipped, and ctest says so.
    if command -v clang++ >/dev/null; then
      step "build fuzz"
      cmake --preset fuzz
      cmake --build --preset fuzz
    fi
  fi
  if ((tidy)); then
    step clang-tidy
    # 77: another version than the sources are made for.
    bash scripts/check.sh --tidy || { local tidied=$?; ((tidied == 77)) || exit "$tidied"; }
  fi

  step "fetch Kafka"
  if [[ -n $kafka ]]; then export HEADCOUNT_KAFKA_VERSION=$kafka; fi
  bash scripts/kafka.sh fetch
  if [[ -n $librdkafka ]]; then
    step "fetch librdkafka"
    local folder
    folder=$(bash scripts/librdkafka.sh fetch "$librdkafka")
    if [[ -n $folder ]]; then export LD_LIBRARY_PATH=$folder; fi
    "build/$preset/headcount" --version
  fi

  step test
  local code=0
  if [[ $preset != debug ]]; then
    rm -rf "build/$preset/reports"
    mkdir -p "build/$preset/reports"
  fi
  ctest --preset "$preset" --no-tests=error -j "$jobs" "${select[@]}" </dev/null || code=$?
  if [[ $preset != debug ]]; then show_reports "build/$preset/reports" || code=1; fi
  exit "$code"
}

main "$@"
