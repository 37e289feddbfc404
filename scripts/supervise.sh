#!/usr/bin/env bash
# Promise: `headcount run` with the options given here is kept running. It is started again after every end but four:
# 0 (done), 64 (an option is wrong), 65 (all was read, and nothing could be counted) and 78 (a human is needed) end the
# supervisor with the same code. Restarts back off from 0.2 s, doubling up to 30 s, with jitter, and begin anew after 60 s of health; after a second of it where SIGKILL
# ended it, which is somebody's doing and not the job's. One line on stderr tells each death.
#
# SIGTERM and SIGINT are passed on; then the supervisor waits for its child and ends with the child's code. SIGHUP and
# SIGUSR1 are passed on too and end nothing, unless the terminal that we were started from has gone.
# Should the supervisor itself be killed, the kernel sends the child SIGTERM, so no job is left without a parent.
set -euo pipefail

root=$(dirname "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)")
bin=${HEADCOUNT_BIN:-$root/build/release/headcount}

FIRST_DELAY_MS=200
LONGEST_DELAY_MS=30000
HEALTHY_AFTER_MS=60000
INNOCENT_AFTER_MS=1000
SIGKILLED=137
# A child's death is seen, and a pause ends, within this.
TICK_S=0.1

usage() {
  cat <<EOF
usage: supervise.sh [OPTIONS OF headcount run]
Keeps \`headcount run\` running; as in: supervise.sh --bootstrap-server broker:9092 --workers 4
--config FILE and HEADCOUNT_* variables reach it as they are; the file is read anew by each start.
\$HEADCOUNT_BIN names another program than build/release/headcount.
Exit codes: the child's own 0, 64, 65 or 78; after SIGTERM or SIGINT the child's code, or 0 if none had begun.
EOF
}

# From here on nothing is forked but the job itself, and nothing is waited for but short ticks: how soon a death is seen
# depends on nobody else.
# say LEVEL TEXT
say() {
  local seconds=${EPOCHREALTIME%[.,]*} micros=${EPOCHREALTIME#*[.,]} stamp
  TZ=UTC0 printf -v stamp '%(%Y-%m-%dT%H:%M:%S)T' "$seconds"
  printf '%s.%sZ %-5s supervisor %s\n' "$stamp" "${micros:0:3}" "$1" "$2" >&2
}

# Sets now_ms: milliseconds of a clock that nobody sets.
read_clock() {
  local seconds
  read -r seconds _ </proc/uptime
  now_ms=$((10#${seconds/./} * 10))
}

child='' stop=0 signalled=0 code=0 now_ms=0 had_terminal=0
# Nobody writes to it: reading it is a pause without a process.
exec {idle}<> <(:)

# shellcheck disable=SC2317  # called by the traps
on_signal() {
  stop=1
  pass_on "$1"
}

# shellcheck disable=SC2317  # called by the traps
pass_on() {
  signalled=1
  if [[ -n $child ]]; then kill -s "$1" "$child" 2>/dev/null || true; fi
}

has_terminal() { (: </dev/tty) 2>/dev/null; }

# shellcheck disable=SC2317  # called by the traps
on_hangup() {
  # Told twice, by a shell and by the kernel, it is still one terminal.
  if ((had_terminal == 2)); then return; fi
  if ((had_terminal)) && ! has_terminal; then had_terminal=2; on_signal TERM; else pass_on HUP; fi
}

tick() { read -r -t "$TICK_S" -u "$idle" || true; }

# Whether the child is there and no zombie, by the kernel's own word. Bash's wait was once seen to sleep on for half a
# minute after its child had been killed, on a busy machine; nobody has found out why. So it is only asked for the code.
child_lives() {
  local stat=''
  { read -r stat <"/proc/$child/stat"; } 2>/dev/null || true
  stat=${stat##*) }
  [[ -n $stat && $stat != [ZX]* ]]
}

# Sets `code` to the exit code of the child. A signal interrupts bash's wait, with a code that is not the child's: then
# it is asked again.
wait_child() {
  local result
  while child_lives; do tick; done
  while true; do
    signalled=0
    result=0
    wait "$child" 2>/dev/null || result=$?
    if ((!signalled)); then break; fi
  done
  if ((result != 127)); then code=$result; fi
  child=''
}

pause_ms() {
  local until_ms
  read_clock
  until_ms=$((now_ms + $1))
  while ((!stop && now_ms < until_ms)); do
    tick
    read_clock
  done
}

# obituary PID UPTIME_MS ACTION [DELAY_MS]: everything about a death in one line.
obituary() {
  local how="exit=$code" level=WARN
  if ((code > 128)); then how="signal=$((code - 128))"; fi
  if ((code == 0)); then level=INFO; fi
  say "$level" "coordinator pid=$1 $how uptime_s=$(($2 / 1000)) action=$3${4:+ delay_ms=$4}"
}

main() {
  if [[ $# -eq 1 && ($1 == -h || $1 == --help) ]]; then usage; exit 0; fi
  if [[ ! -x $bin ]]; then
    echo "supervise: no program at $bin; build it first, or name it in HEADCOUNT_BIN" >&2
    exit 78
  fi
  trap 'on_signal TERM' TERM
  trap 'on_signal INT' INT
  if has_terminal; then had_terminal=1; fi
  trap on_hangup HUP
  trap 'pass_on USR1' USR1

  # With job control each child has a process group of its own: Ctrl-C reaches it once, through us. Twice would mean
  # "at once" to it. Without job control bash would also make it ignore SIGINT.
  set -m
  local delay_ms=$FIRST_DELAY_MS started_ms uptime_ms pid wait_ms
  while ((!stop)); do
    read_clock
    started_ms=$now_ms
    setpriv --pdeathsig TERM -- "$bin" run "$@" </dev/null {idle}<&- &
    child=$!
    pid=$child
    if ((stop)); then kill "$child" 2>/dev/null || true; fi  # a signal came while there was no pid to pass it to
    wait_child
    read_clock
    uptime_ms=$((now_ms - started_ms))

    if ((stop)) || ((code == 0 || code == 64 || code == 65 || code == 78)); then
      obituary "$pid" "$uptime_ms" end
      # Only a child that had not begun yet dies of the signal that is passed on: as if none had been running.
      if ((stop && (code == 128 + 15 || code == 128 + 2))); then code=0; fi
      exit "$code"
    fi
    if ((uptime_ms >= (code == SIGKILLED ? INNOCENT_AFTER_MS : HEALTHY_AFTER_MS))); then delay_ms=$FIRST_DELAY_MS; fi
    # Between three quarters and five quarters of the delay, so that many supervisors do not come back in step.
    wait_ms=$((delay_ms * (750 + RANDOM % 501) / 1000))
    obituary "$pid" "$uptime_ms" restart "$wait_ms"
    pause_ms "$wait_ms"
    delay_ms=$((delay_ms * 2 < LONGEST_DELAY_MS ? delay_ms * 2 : LONGEST_DELAY_MS))
  done
  exit 0
}

main "$@"
