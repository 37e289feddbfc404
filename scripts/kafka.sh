#!/usr/bin/env bash
# Promise: one real Apache Kafka broker on this machine, for samples and tests. `start` returns when the broker answers,
# `stop` when its process is gone; neither ever touches a process that this script did not start in the same folder.
# The broker outlives the shell that started it. All it writes is below one folder (--dir).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
config=$root/config/kafka

usage() {
  cat <<EOF
usage: kafka.sh [OPTIONS] COMMAND
commands:
  start                       start the broker and wait until it answers; nothing to do if it runs
  stop                        stop it and wait until it is gone; nothing to do if it does not run
  kill                        end it with SIGKILL, as a power cut would, and wait until it is gone
  status                      one line; exit code 0 if it answers, 1 if not
  address                     print host:port of the running broker
  pid                         print the process id of the running broker
  create-topic NAME COUNT     make a topic with COUNT partitions; nothing to do if it is there
  delete-topic NAME           delete a topic with all it holds
  tool CLASS [ARGUMENTS]      run one of Kafka's own tools, as in: tool TopicCommand --bootstrap-server HOST:PORT --list
                              (short names: TopicCommand, ConsumerGroupCommand; others by their full class name)
  fetch                       only fetch the jars
options:
  --dir DIR                   what the broker writes: data, logs, ports (default: .kafka in the working directory)
  --jars DIR                  where the jars are or go (default: \$HEADCOUNT_KAFKA_JARS, else .kafka/lib of the project)
  --kafka VERSION             another version than that of config/kafka/pom.xml (default: \$HEADCOUNT_KAFKA_VERSION); its
                              jars go beside, into DIR-VERSION
  --port PORT|auto            of start: the broker's port (default: 9092). auto: the last one used here, else a free one;
                              DIR/bootstrap holds host:port while the broker runs
  --controller-port PORT|auto of start: KRaft's own port (default: auto)
  --fresh                     of start: stop a broker that runs in DIR and begin without data
  --add FILE                  of start: lines to add to server.properties, where the last of a key wins; @PORT_1@ to
                              @PORT_9@ in them become free ports, other ones at each start
  --scram USER                of start: a user of new data, as in: 'SCRAM-SHA-256=[name=me,password=mine]'; may be repeated
  --wait SECONDS              how long to wait for an answer, or for an orderly stop (default: 60)
\$HEADCOUNT_KAFKA_HEAP bounds the broker's heap (default: 512m).
Exit codes: 0 done, 1 not running (status, address, pid, kill), 64 an option, 69 the broker does not start or answer,
78 something is missing: Java, Maven, a usable folder.
EOF
}

say() { echo "kafka: $*" >&2; }
fail() { echo "kafka: $2" >&2; exit "$1"; }
number() { [[ $1 =~ ^[0-9]+$ ]]; }

# --- The process ------------------------------------------------------------------------------------------------------

# The mark on the broker's command line by which we know it again: a pid alone may have gone to somebody else.
mark() { echo "-Dheadcount.kafka.dir=$dir"; }

# True if the process is our java, alive and in our folder.
is_ours() {
  [[ -r /proc/$1/cmdline ]] || return 1
  local word ours=0 broker=0
  while IFS= read -r -d '' word; do
    if [[ $word == "$(mark)" ]]; then ours=1; fi
    if [[ $word == kafka.Kafka ]]; then broker=1; fi
  done 2>/dev/null <"/proc/$1/cmdline" || true
  ((ours && broker))
}

# Prints the pid of the broker of this folder; fails if none runs.
running_pid() {
  local pid=''
  [[ -r $dir/pid ]] && read -r pid <"$dir/pid" || return 1
  number "$pid" && is_ours "$pid" && echo "$pid"
}

# True while the kernel still tears a dead process down. Its command line goes first, its open ports with its last
# thread; a zombie that nobody reaps holds neither.
lingers() {
  [[ -r /proc/$1/cmdline && -z $(head -c 1 "/proc/$1/cmdline" 2>/dev/null | tr '\0' x) ]] || return 1
  local threads=("/proc/$1/task/"*)
  ((${#threads[@]} > 1)) || ! grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"
}

# wait_gone PID SECONDS: true once the process is gone and its ports are free.
wait_gone() {
  local tries=$(($2 * 20))
  while is_ours "$1" || lingers "$1"; do
    ((tries-- > 0)) || return 1
    sleep 0.05
  done
}

# --- Ports ------------------------------------------------------------------------------------------------------------

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port [NOT]...: a port nobody listens on, none of these, below the range from which Linux takes the ports of outgoing connections.
free_port() {
  local port i
  for ((i = 0; i < 200; i++)); do
    port=$((12000 + RANDOM % 20000))
    if [[ " $* " != *" $port "* ]] && ! port_taken "$port"; then
      echo "$port"
      return
    fi
  done
  fail 69 "no free port found between 12000 and 32000"
}

# pick_port WANTED LAST NOT: the port to use. A restarted broker keeps its port, so that clients find it again.
pick_port() {
  if [[ $1 != auto && $1 != 0 ]]; then
    echo "$1"
  elif [[ -n $2 ]] && ! port_taken "$2"; then
    echo "$2"
  else
    free_port "$3"
  fi
}

# True if the broker on this port knows a living broker: itself. A plain connect succeeds seconds earlier, when topics
# cannot be made yet. The request is Metadata, version 1, without topics; the answer's third word counts the brokers.
answers() {
  local reply
  # shellcheck disable=SC2016  # the inner shell expands it
  reply=$(timeout 2 bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf "\0\0\0\016\0\003\0\001\0\0\0\001\377\377\0\0\0\0" >&3
    head -c 12 <&3 | od -An -v -tu1 | tr -d "\n"' _ "$1" 2>/dev/null) || return 1
  local -a bytes
  read -r -a bytes <<<"$reply"
  ((${#bytes[@]} == 12)) && ((bytes[8] + bytes[9] + bytes[10] + bytes[11] > 0))
}

# --- The jars ---------------------------------------------------------------------------------------------------------

# Copies the jars once. They are complete when the folder holds the pom.xml they were made from; the lock keeps two
# callers from filling one folder at once.
fetch_jars() {
  if cmp -s "$config/pom.xml" "$jars/pom.xml"; then return; fi
  command -v mvn >/dev/null || fail 78 "mvn is missing; scripts/setup.sh installs it"
  mkdir -p "$jars" || fail 78 "cannot make the folder $jars"
  (
    flock -w 600 9 || fail 69 "another process fills $jars for ten minutes already"
    if cmp -s "$config/pom.xml" "$jars/pom.xml"; then exit 0; fi
    say "fetching Kafka's jars into $jars"
    rm -f "$jars"/*.jar "$jars/pom.xml"
    local try output=''
    for try in 1 2 3; do
      if output=$(mvn -B -q -ntp -f "$config/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$jars" \
        ${version:+"-Dkafka.version=$version"} 2>&1 </dev/null); then
        cp "$config/pom.xml" "$jars/pom.xml"
        exit 0
      fi
      say "attempt $try of 3 failed"
      sleep 2
    done
    printf '%s\n' "$output" >&2
    fail 69 "Maven could not fetch the jars; see its messages above"
  ) 9>"$jars/.lock"
}

# --- Java -------------------------------------------------------------------------------------------------------------

need_java() { command -v java >/dev/null || fail 78 "java is missing; scripts/setup.sh installs it"; }

# A tool lives a second: compiling its code well would take longer than running it.
java_tool() {
  java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto \
    "-Dlog4j2.configurationFile=$config/tools-log4j2.properties" -cp "$jars/*" "$@"
}

tool() {
  (($#)) || fail 64 "tool wants the name of a class, as in: kafka.sh tool TopicCommand --help"
  local class=$1
  shift
  case $class in
    TopicCommand) class=org.apache.kafka.tools.TopicCommand ;;
    ConsumerGroupCommand) class=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
    *.*) ;;
    *) class=org.apache.kafka.tools.$class ;;
  esac
  need_java
  fetch_jars
  java_tool "$class" "$@"
}

# --- Commands ---------------------------------------------------------------------------------------------------------

address() { [[ -r $dir/bootstrap ]] && running_pid >/dev/null && cat "$dir/bootstrap"; }

# Writes DIR/server.properties from the template, and gives the data folder an identity if it has none.
prepare() {
  local text n
  text=$(<"$config/server.properties")
  if [[ -n $add ]]; then text+=$'\n'$(<"$add"); fi
  local -a taken=("$1" "$2")
  for n in {1..9}; do
    if [[ $text != *"@PORT_$n@"* ]]; then continue; fi
    taken+=("$(free_port "${taken[@]}")")
    text=${text//"@PORT_$n@"/${taken[-1]}}
  done
  text=${text//@PORT@/$1}
  text=${text//@CONTROLLER_PORT@/$2}
  printf '%s\n' "${text//@DATA@/$dir/data}" >"$dir/server.properties"
  if [[ -r $dir/data/meta.properties ]]; then return; fi
  # A cluster id is 16 bytes in base64url; the leading letter keeps the tool from taking it for an option.
  local id user
  local -a users=()
  for user in "${scram[@]}"; do users+=(--add-scram "$user"); done
  id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_')
  java_tool kafka.tools.StorageTool format -t "h${id:1:21}" -c "$dir/server.properties" "${users[@]}" \
    >"$dir/format.log" 2>&1 ||
    fail 69 "the data folder could not be formatted; see $dir/format.log"
}

# Starts java in a session of its own, with none of our descriptors: ctest, for one, waits until its pipe is closed.
launch() {
  (
    cd "$dir"
    # shellcheck disable=SC2016  # the inner shell expands these
    setsid bash -c '
      for fd in /proc/self/fd/*; do fd=${fd##*/}; if ((fd > 2)); then eval "exec $fd>&-"; fi; done
      echo $$ >pid
      exec "$@"' _ \
      java "-Xmx${HEADCOUNT_KAFKA_HEAP:-512m}" -XX:+UseSerialGC "$(mark)" \
      "-Dlog4j2.configurationFile=$config/log4j2.properties" \
      -cp "$jars/*" kafka.Kafka "$dir/server.properties" </dev/null >>"$dir/server.log" 2>&1 &
  )
}

# start_once PORT CONTROLLER_PORT: true if the broker answers in time, false if it died, as it does on a taken port.
start_once() {
  prepare "$1" "$2"
  rm -f "$dir/pid" "$dir/bootstrap"
  launch
  local pid='' tries=$((wait_s * 10)) ever=0
  while ((tries-- > 0)); do
    sleep 0.1
    if pid=$(running_pid); then
      ever=1
      if answers "$1" && is_ours "$pid"; then
        printf '%s %s\n' "$1" "$2" >"$dir/ports"
        echo "127.0.0.1:$1" >"$dir/bootstrap"
        return 0
      fi
    elif ((ever)); then
      return 1
    fi
  done
  say "no answer within $wait_s s"
  if pid=$(running_pid); then kill -KILL "$pid"; wait_gone "$pid" 10 || true; fi
  return 1
}

start() {
  need_java
  mkdir -p "$dir" || fail 78 "cannot make the folder $dir"
  if ((fresh)); then stop; rm -rf "$dir/data" "$dir/server.log"; fi
  local pid
  if pid=$(running_pid) && [[ -r $dir/bootstrap ]]; then
    say "runs already: pid $pid at $(<"$dir/bootstrap")"
    return
  fi
  if [[ -n $pid ]]; then stop; fi  # a start that was interrupted half way
  fetch_jars

  local last='' last_controller='' chosen chosen_controller try
  if [[ -r $dir/ports ]]; then read -r last last_controller <"$dir/ports"; fi
  if [[ $port != auto && $port != 0 ]] && port_taken "$port"; then
    fail 69 "port $port is taken by another program; --port PORT or --port auto chooses another"
  fi
  for try in 1 2 3; do
    chosen=$(pick_port "$port" "$last" '')
    chosen_controller=$(pick_port "$controller_port" "$last_controller" "$chosen")
    if start_once "$chosen" "$chosen_controller"; then
      say "runs: pid $(<"$dir/pid") at 127.0.0.1:$chosen, data and log in $dir"
      return
    fi
    # Somebody may have taken the port between our look and the broker's. Anything else fails the same way again.
    if ! grep -q 'Address already in use' "$dir/server.log"; then break; fi
    say "attempt $try of 3: a port was taken"
    last='' last_controller=''
  done
  tail -n 20 "$dir/server.log" >&2 || true
  fail 69 "the broker does not start; see $dir/server.log"
}

# Ends the broker: first by request, and by force when it does not go within the time given.
stop() {
  local pid
  if ! pid=$(running_pid); then
    rm -f "$dir/pid" "$dir/bootstrap"
    say "does not run in $dir"
    return
  fi
  kill -TERM "$pid" 2>/dev/null || true
  if ! wait_gone "$pid" "$wait_s"; then
    say "pid $pid does not stop within $wait_s s: SIGKILL"
    kill -KILL "$pid" 2>/dev/null || true
    wait_gone "$pid" 10 || fail 69 "pid $pid does not go away"
  fi
  rm -f "$dir/pid" "$dir/bootstrap"
  say "stopped pid $pid"
}

# DIR/bootstrap stays, as after a power cut: clients go on trying the same address.
kill_hard() {
  local pid
  pid=$(running_pid) || fail 1 "does not run in $dir"
  kill -KILL "$pid"
  wait_gone "$pid" 10 || fail 69 "pid $pid does not go away"
  say "killed pid $pid"
}

status() {
  local pid where
  if ! pid=$(running_pid); then echo "not running in $dir"; return 1; fi
  where=$(cat "$dir/bootstrap" 2>/dev/null) || where=''
  if [[ -n $where ]] && answers "${where##*:}"; then
    echo "running: pid $pid at $where, data in $dir"
  else
    echo "pid $pid lives in $dir but does not answer"
    return 1
  fi
}

need_address() { address || fail 69 "no broker runs in $dir; kafka.sh start starts one"; }

create_topic() {
  [[ $# -eq 2 && $2 =~ ^[1-9][0-9]*$ ]] || fail 64 "create-topic wants a name and a number of partitions"
  local where
  where=$(need_address)
  tool TopicCommand --bootstrap-server "$where" --create --if-not-exists --topic "$1" --partitions "$2" >&2
}

delete_topic() {
  [[ $# -eq 1 ]] || fail 64 "delete-topic wants a name"
  local where
  where=$(need_address)
  tool TopicCommand --bootstrap-server "$where" --delete --topic "$1" >&2
}

# --- The command line -------------------------------------------------------------------------------------------------

# Options may stand before or after the command, except behind `tool`, whose arguments are the tool's own.
dir=$PWD/.kafka
jars=${HEADCOUNT_KAFKA_JARS:-$root/.kafka/lib}
version=${HEADCOUNT_KAFKA_VERSION:-}
port=9092 controller_port=auto fresh=0 wait_s=60 add=''
scram=()
command=''
arguments=()

want() { [[ -n ${2:-} ]] || fail 64 "$1 wants a value; --help shows which"; }
want_port() {
  want "$@"
  [[ $2 == auto ]] || { [[ $2 =~ ^[0-9]{1,5}$ ]] && ((10#$2 <= 65535)); } || fail 64 "$1 $2: a port is 0 to 65535, or auto"
}

parse() {
  while (($#)); do
    case $1 in
      --dir) want "$@"; dir=$2; shift 2 ;;
      --jars) want "$@"; jars=$2; shift 2 ;;
      --kafka)
        [[ ${2:-} =~ ^[0-9][0-9.]*$ ]] || fail 64 "--kafka ${2:-}: a version, as in 3.9.1"
        version=$2; shift 2 ;;
      --port) want_port "$@"; port=$2; shift 2 ;;
      --controller-port) want_port "$@"; controller_port=$2; shift 2 ;;
      --wait)
        want "$@"
        [[ $2 =~ ^0*[1-9][0-9]{0,4}$ ]] || fail 64 "--wait $2: a number of seconds from 1 to 99999"
        wait_s=$((10#$2)); shift 2 ;;
      --fresh) fresh=1; shift ;;
      --add)
        want "$@"
        [[ -r $2 ]] || fail 78 "--add $2: it cannot be read"
        add=$2; shift 2 ;;
      --scram) want "$@"; scram+=("$2"); shift 2 ;;
      -h | --help) usage; exit 0 ;;
      -*) fail 64 "unknown option '$1'; --help shows them" ;;
      tool) command=tool; shift; arguments=("$@"); return ;;
      *) if [[ -z $command ]]; then command=$1; else arguments+=("$1"); fi; shift ;;
    esac
  done
}

main() {
  parse "$@"
  [[ -n $command ]] || { usage >&2; exit 64; }
  dir=$(realpath -m -- "$dir")
  jars=$(realpath -m -- "$jars${version:+-$version}")
  case $command in
    create-topic | delete-topic | tool) ;;
    *) ((${#arguments[@]} == 0)) || fail 64 "$command takes no argument '${arguments[0]}'" ;;
  esac
  # Whoever changes the broker's life does so alone; the broker does not inherit the lock.
  case $command in
    start | stop | kill)
      mkdir -p "$dir" || fail 78 "cannot make the folder $dir"
      exec 8>"$dir/.lock"
      flock -w 180 8 || fail 69 "another kafka.sh works in $dir for three minutes already" ;;
  esac
  case $command in
    start) start ;;
    stop) stop ;;
    kill) kill_hard ;;
    status) status ;;
    address) address || fail 1 "no broker runs in $dir" ;;
    pid) running_pid || fail 1 "no broker runs in $dir" ;;
    create-topic) create_topic "${arguments[@]}" ;;
    delete-topic) delete_topic "${arguments[@]}" ;;
    tool) tool "${arguments[@]}" ;;
    fetch) need_java; fetch_jars; say "jars are in $jars" ;;
    *) fail 64 "unknown command '$command'; --help shows them" ;;
  esac
}

main "$@"
