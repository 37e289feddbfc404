#!/usr/bin/env bash
# Promise: builds the fuzzers (tests/fuzz, clang, preset fuzz), lets each run for a while from the kept inputs, and says
# what it did. A finding is kept as a file, and the exit code is 1. The kept inputs change only with --keep.
set -euo pipefail

root=$(dirname "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)")
cd "$root"

targets=(decoder judge commit_metadata)
build=build/fuzz
kept=tests/fuzz/corpus

usage() {
  cat <<EOF
usage: fuzz.sh [--seconds N] [--only TARGET] [--no-build] [--keep]
  --seconds N    how long each target runs (default: 600)
  --only TARGET  one of: ${targets[*]}
  --no-build     use the fuzzers that are built; exit 77 if there are none
  --keep         afterwards bring what was found into $kept, minimised
What the runs find stays in $build/corpus, so that the next run goes on from there; findings in $build/findings.
Exit codes: 0 nothing wrong was found, 1 something was, 64 an option, 77 nothing is built, 78 clang is missing.
EOF
}

fail() { echo "fuzz: $2" >&2; exit "$1"; }

# The length of the longest input: a frame beyond the target's --max-frame of 4,000, a program of some hundred steps, a
# text longer than any that is committed.
max_len() {
  case $1 in
    decoder) echo 4100 ;;
    judge) echo 700 ;;
    commit_metadata) echo 3200 ;;
  esac
}

# The number behind libFuzzer's `stat::NAME:` in a log.
stat_of() { sed -n "s/^stat::$1: *//p" "$2" | tail -n 1; }

run_target() {
  local target=$1 seconds=$2 found=$build/findings/$1 log=$build/$1.log code=0 result=ok
  local -a options=(-max_total_time="$seconds" -max_len="$(max_len "$target")" -timeout=20 -print_final_stats=1
    -artifact_prefix="$found/")
  if [[ -r tests/fuzz/$target.dict ]]; then options+=(-dict="tests/fuzz/$target.dict"); fi
  mkdir -p "$build/corpus/$target" "$found"
  "$build/fuzz_$target" "${options[@]}" "$build/corpus/$target" "$kept/$target" >"$log" 2>&1 || code=$?

  if ((code != 0)); then result="WRONG (exit code $code)"; fi
  printf '%-10s %10s executions %6s/s %5s new inputs   %s\n' "$target" "$(stat_of number_of_executed_units "$log")" \
    "$(stat_of average_exec_per_sec "$log")" "$(stat_of new_units_added "$log")" "$result"
  if ((code != 0)); then
    tell_finding "$target" "$log"
    return 1
  fi
}

tell_finding() {
  local target=$1 log=$2 input
  grep -a -E '^wrong: |ERROR: |SUMMARY: |runtime error: |broken invariant' "$log" | head -n 5 | sed 's/^/  /' || true
  input=$(sed -n 's/^artifact_prefix=.*Test unit written to //p' "$log" | tail -n 1)
  input=${input:-INPUT}
  echo "  the whole story: $log"
  echo "  again:           $build/fuzz_$target $input"
  echo "  smaller:         $build/fuzz_$target -minimize_crash=1 -max_total_time=60 -exact_artifact_path=small $input"
  echo "  Mend what is wrong, then keep the input as $kept/$target/NAME."
}

# A small set of inputs that reaches every branch that all of them together reach. Those that have a name were put there by hand,
# and stay.
keep_found() {
  local target=$1 merged=$build/merged/$1
  rm -rf "$merged"
  mkdir -p "$merged"
  find "$kept/$target" -type f -regextype posix-extended ! -regex '.*/[0-9a-f]{40}' -exec cp -t "$merged" {} +
  "$build/fuzz_$target" -set_cover_merge=1 -use_counters=0 "$merged" "$kept/$target" "$build/corpus/$target" \
    >"$build/$target.merge.log" 2>&1 || fail 1 "merging failed; see $build/$target.merge.log"
  find "$kept/$target" -type f -delete
  cp -r "$merged/." "$kept/$target"
  printf '%-10s %s inputs kept\n' "$target" "$(find "$kept/$target" -type f | wc -l)"
}

main() {
  local seconds=600 build_first=1 keep=0 failed=0 target
  while (($#)); do
    case $1 in
      --seconds)
        [[ ${2:-} =~ ^[1-9][0-9]{0,5}$ ]] || fail 64 "--seconds wants a number from 1 to 999999"
        seconds=$2
        shift 2
        ;;
      --only)
        [[ " ${targets[*]} " == *" ${2:-?} "* ]] || fail 64 "--only wants one of: ${targets[*]}"
        targets=("$2")
        shift 2
        ;;
      --no-build) build_first=0; shift ;;
      --keep) keep=1; shift ;;
      -h | --help) usage; exit 0 ;;
      *) fail 64 "unknown option '$1'; --help shows them" ;;
    esac
  done

  if ((build_first)); then
    command -v clang++ >/dev/null || fail 78 "clang++ is missing; scripts/setup.sh installs it"
    cmake --preset fuzz
    cmake --build --preset fuzz
  fi
  for target in "${targets[@]}"; do
    [[ -x $build/fuzz_$target ]] || fail 77 "$build/fuzz_$target is not built; without --no-build this script builds it"
  done

  for target in "${targets[@]}"; do run_target "$target" "$seconds" || failed=1; done
  if ((failed)); then exit 1; fi
  if ((keep)); then
    for target in "${targets[@]}"; do keep_found "$target"; done
  fi
}

main "$@"
