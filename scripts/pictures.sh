#!/usr/bin/env bash
# Promise: config/pictures shows what the README says of `headcount status --watch`, `explain` and `report`: a real job on a Kafka of
# its own, one of whose partitions has fallen behind. Needs the packages of setup.sh --dev and a release build.
set -euo pipefail

root=$(dirname "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)")
cd "$root"
bin=$root/build/release/headcount
generate=$root/build/debug/headcount-generate
out=$root/config/pictures
work=$(mktemp -d)
job=''

usage() {
  cat <<EOF
usage: pictures.sh
Takes the pictures of config/pictures anew. Exit codes: 0 they are there, 64 an option, 75 the job did not get where it should, 78
a tool or a build is missing.
EOF
}

fail() { echo "pictures: $2" >&2; exit "$1"; }

clean_up() {
  if [[ -n $job ]]; then kill "$job" 2>/dev/null || true; wait "$job" 2>/dev/null || true; fi
  bash scripts/kafka.sh --dir "$work/kafka" stop >/dev/null 2>&1 || true
  rm -rf "$work"
}

# photograph PAGE PICTURE WIDTH HEIGHT
photograph() {
  local -a flags=(--headless --hide-scrollbars --disable-gpu --force-device-scale-factor=1)
  if ((EUID == 0)); then flags+=(--no-sandbox); fi
  chromium "${flags[@]}" --user-data-dir="$work/chromium" --window-size="$3,$4" --screenshot="$2" "file://$1" >/dev/null 2>&1
}

# terminal COMMAND TEXT PICTURE: the text as a terminal shows it, below its command.
terminal() {
  local lines
  lines=$(wc -l <<<"$2")
  python3 -c '
import html, sys
command, text = sys.argv[1:]
print("<meta charset=utf-8><body style=\"margin:0;background:#101418\"><pre style=\"margin:16px;"
      "font:14px/20px DejaVu Sans Mono,monospace;color:#d8dee4\"><b style=\"color:#7ee787\">$ "
      + html.escape(command) + "</b>\n" + html.escape(text) + "</pre>")' "$1" "$2" >"$work/terminal.html"
  photograph "$work/terminal.html" "$3" 740 $(((lines + 1) * 20 + 32))
}

# Waits until the status file says so.
await() {
  local tries
  for ((tries = 0; tries < 300; ++tries)); do
    if "$bin" status --json --status-file "$work/status.json" 2>/dev/null | python3 -c "
import json, sys
s = json.load(sys.stdin)
sys.exit(0 if $1 else 1)" 2>/dev/null; then return; fi
    sleep 0.1
  done
  fail 75 "the job never showed that $1"
}

main() {
  local tool partition broker
  case ${1:-} in
    '') ;;
    -h | --help) usage; exit 0 ;;
    *) fail 64 "unknown option '$1'; --help shows them" ;;
  esac
  trap clean_up EXIT
  for tool in chromium kcat java; do command -v "$tool" >/dev/null || fail 78 "$tool is missing; scripts/setup.sh --dev installs it"; done
  [[ -x $bin && -x $generate ]] || fail 78 "build both presets first: cmake --build --preset release; cmake --build --preset debug"
  bash scripts/kafka.sh --dir "$work/kafka" --port auto --fresh start >/dev/null
  broker=$(<"$work/kafka/bootstrap")
  bash scripts/kafka.sh --dir "$work/kafka" create-topic user_events 4 >/dev/null
  bash scripts/kafka.sh --dir "$work/kafka" create-topic event_metrics 1 >/dev/null

  "$generate" --frames 400000 --users 40000 --minutes 95 --size 200 --damage all:0.001 --large-bytes 300 --out "$work/in" >/dev/null
  # More users and fewer, and none for two minutes; the third partition stops half an hour before the others.
  for partition in 0 1 2 3; do
    awk -v stops=$((partition == 2)) 'BEGIN { srand(7) }
      stops && NR > 64000 { exit }
      (NR < 35000 || NR > 38500) && rand() < 0.55 + 0.35 * sin(NR / 9000)' "$work/in-$partition.jsonl" |
      kcat -P -b "$broker" -t user_events -p "$partition"
  done
  "$bin" run -b "$broker" --workers 2 --idle-timeout 1h --max-skew 1h --status-file "$work/status.json" >/dev/null 2>&1 &
  job=$!
  await "s['totals']['minutes_published'] >= 55 and all(p['lag'] == 0 for p in s['partitions'])"
  terminal "headcount status --watch" "$("$bin" status --status-file "$work/status.json")" "$out/status.png"
  terminal "headcount explain" "$("$bin" explain --status-file "$work/status.json")" "$out/explain.png"
  "$bin" report -b "$broker" --out "$work/report.html"
  photograph "$work/report.html" "$out/report.png" 900 760
}

main "$@"
