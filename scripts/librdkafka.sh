#!/usr/bin/env bash
# Promise: other versions of librdkafka beside Debian's: fetched, never installed. `fetch` prints the folder that has
# librdkafka.so.1, for LD_LIBRARY_PATH; the programs stay as they were built. `speed` counts the same frames with each
# version in turn and prints medians.
set -euo pipefail

# shellcheck source=scripts/sample.sh
source "$(dirname "${BASH_SOURCE[0]}")/sample.sh"
cd "$root"

usage() {
  cat <<EOF2
usage: librdkafka.sh fetch VERSION
       librdkafka.sh speed [--rounds N] [--frames N] [-b HOST:PORT] VERSION...
VERSION is that of the Python package confluent-kafka, whose wheel holds the library: 2.8.0, 2.16.1 (librdkafka 2.16.0);
or installed: the one that is installed. speed needs the release build, and starts a broker unless -b names one; its topics are
headcount_bench_library and headcount_bench_library_out. The rounds go through the versions in turn: what disturbs the
machine disturbs all of them.
Exit codes: 0 done, 1 a count is wrong, 64 an option, 69 the wheel cannot be fetched, 78 pip is missing.
EOF2
}

libraries=$root/build/librdkafka
bench_topic=headcount_bench_library
we_started_kafka=0

# fetch VERSION: prints a folder; nothing for the one that is installed.
fetch() {
  [[ $1 != installed ]] || return 0
  [[ $1 =~ ^[0-9]+(\.[0-9]+)+$ ]] || fail 64 "$1: a version, as in 2.8.0, or installed"
  local dir=$libraries/$1 made
  if [[ ! -e $dir/librdkafka.so.1 ]]; then
    made=$(mktemp -d "${TMPDIR:-/tmp}/librdkafka.XXXXXX")
    python3 -m pip --version >/dev/null 2>&1 || fail 78 "pip is missing: apt-get install python3-pip"
    if ! python3 -m pip download -q --no-deps --only-binary :all: -d "$made" "confluent-kafka==$1" >&2; then
      rm -rf "$made"
      fail 69 "pip could not fetch confluent-kafka $1; see its message above"
    fi
    python3 - "$made" <<'PY'
import glob, os, sys, zipfile
folder = sys.argv[1]
with zipfile.ZipFile(glob.glob(folder + "/*.whl")[0]) as wheel:
    names = [n for n in wheel.namelist() if os.path.basename(n).startswith("librdkafka") and ".so" in n]
    if len(names) != 1:
        sys.exit(f"librdkafka: the wheel holds {names}")
    with open(folder + "/librdkafka.so.1", "wb") as out:
        out.write(wheel.read(names[0]))
PY
    mkdir -p "$dir"
    mv "$made/librdkafka.so.1" "$dir/librdkafka.so.1"
    rm -rf "$made"
  fi
  echo "$dir"
}

# shellcheck disable=SC2317  # called by the trap
clean_up() {
  local code=$?
  trap - EXIT INT TERM
  if ((we_started_kafka)); then bash scripts/kafka.sh stop || true; fi
  exit "$code"
}

# count VERSION ROUND FRAMES: one run in a group of its own; prints its seconds.
count() {
  local folder work=$root/build/librdkafka/runs
  folder=$(fetch "$1")
  mkdir -p "$work"
  make_topic "${bench_topic}_out" 1
  local result=$work/$1-$2.json log=$work/$1-$2.log
  LD_LIBRARY_PATH=$folder python3 scripts/measure.py --json "$result" -- "$headcount" run -b "$bootstrap" \
    --input-topic "$bench_topic" --output-topic "${bench_topic}_out" --group "headcount-bench-$1-$2-$$" \
    --workers "$(nproc)" --status-file "$work/status.json" --until-end >"$log" 2>&1 ||
    { tail -n 5 "$log" >&2; fail 1 "librdkafka $1 did not count to the end; see $log"; }
  if grep -q ' librdkafka ' "$log"; then echo "librdkafka $1 said something: see $log" >&2; fi
  print_topic "${bench_topic}_out" | python3 scripts/minutes.py --expect "$3" >/dev/null ||
    fail 1 "librdkafka $1 did not count all frames; see $log"
  figure "$result" wall_s
}

speed() {
  local rounds=5 frames=5000000 round version seconds
  local -a versions=()
  while (($#)); do
    case $1 in
      --rounds) want_count "$@"; rounds=$2; shift 2 ;;
      --frames) want_count "$@"; frames=$2; shift 2 ;;
      -b | --bootstrap-server) want "$@"; bootstrap=$2; shift 2 ;;
      -*) fail 64 "unknown option '$1'; --help shows them" ;;
      *) versions+=("$1"); shift ;;
    esac
  done
  ((${#versions[@]})) || fail 64 "speed wants versions, as in: speed installed 2.8.0 2.16.1"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  build_release
  if [[ -z $bootstrap ]]; then
    if ! bash scripts/kafka.sh status >&2; then bash scripts/kafka.sh --port auto start; we_started_kafka=1; fi
    bootstrap=$(bash scripts/kafka.sh address)
  fi
  for version in "${versions[@]}"; do fetch "$version" >/dev/null; done
  make_topic "$bench_topic" 4
  "$generator" -b "$bootstrap" --topic "$bench_topic" --partitions 4 --frames "$frames" --minutes 85 >&2
  local -a lines=()
  for ((round = 1; round <= rounds; round++)); do
    for version in "${versions[@]}"; do
      seconds=$(count "$version" "$round" "$frames")
      echo "round $round: $version $seconds s (load $(cut -d ' ' -f 1 /proc/loadavg))"
      lines+=("$version $seconds")
    done
  done
  "$generator" -b "$bootstrap" --delete-topic "$bench_topic"
  "$generator" -b "$bootstrap" --delete-topic "${bench_topic}_out"
  printf '%s\n' "${lines[@]}" | python3 -c '
import statistics, sys
frames, runs = int(sys.argv[1]), {}
for line in sys.stdin:
    version, seconds = line.split()
    runs.setdefault(version, []).append(float(seconds))
first = None
for version, seconds in runs.items():
    median = frames / statistics.median(seconds)
    first = first or median
    print(f"{version:<10} {median:>12,.0f} frames/s median of {len(seconds)}; best {frames / min(seconds):,.0f}; {median / first:.2f} times the first")
' "$frames"
}

case ${1:-} in
  fetch)
    if (($# != 2)); then fail 64 "fetch wants one version"; fi
    fetch "$2" ;;
  speed) shift; speed "$@" ;;
  -h | --help) usage ;;
  *) usage >&2; exit 64 ;;
esac
