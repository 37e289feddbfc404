#!/usr/bin/env bash
# Promise: runs both commands of the README in a new Debian in a folder, which has nothing but apt, on a copy of HEAD:
# what a user with a fresh machine sees. Warnings of the compiler are errors there. Nothing stays behind, unless --keep.
# What this machine says of its mirrors, proxies and certificates holds there too; no host is named here.
set -euo pipefail

root=$(dirname "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)")
cd "$root"
# shellcheck source=scripts/apt_sources.sh
source scripts/apt_sources.sh

usage() {
  cat <<EOF2
usage: fresh.sh 12|13 [--keep] [--dir DIR] [-- COMMAND...]
  12, 13      which Debian
  --dir DIR   where its root goes (default: build/fresh-12, build/fresh-13); 8 GB
  --keep      leave the root there; with COMMAND the next call goes on in it
  -- COMMAND  run this in the copy instead of the README's two, as in: -- bash scripts/test.sh --label unit
Exit codes: 0 all passed, 64 an option, 77 no root can be made here (mmdebstrap, root, the network), else the failing command's.
EOF2
}

fail() { echo "fresh: $2" >&2; exit "$1"; }
step() { printf '\n== Debian %s: %s\n' "$release" "$*"; }

release='' keep=0 dir=''
commands=('bash scripts/run_solution.sh' 'bash scripts/test.sh')

parse() {
  while (($#)); do
    case $1 in
      12 | 13) release=$1; shift ;;
      --keep) keep=1; shift ;;
      --dir) [[ -n ${2:-} ]] || fail 64 "--dir wants a folder"; dir=$2; shift 2 ;;
      --) shift; (($#)) || fail 64 "-- wants a command"; commands=("$*"); break ;;
      -h | --help) usage; exit 0 ;;
      *) fail 64 "unknown option '$1'; --help shows them" ;;
    esac
  done
  [[ -n $release ]] || fail 64 "12 or 13 is missing; --help shows the options"
  dir=$(realpath -m -- "${dir:-build/fresh-$release}")
}

codename() { case $1 in 12) echo bookworm ;; 13) echo trixie ;; esac; }

# This machine's sources, for that Debian. Only those of Debian itself.
sources() {
  local of here
  of=$(apt_sources) || fail 77 "apt has no sources here"
  # shellcheck disable=SC1091  # of this Debian
  here=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  [[ -n $here && -r $of ]] || fail 77 "this is no Debian, so there are no sources to take over"
  sed "s/\b$here\b/$(codename "$release")/g" "$of"
}

make_root() {
  command -v mmdebstrap >/dev/null || fail 77 "mmdebstrap is missing; scripts/setup.sh --only package installs it"
  ((EUID == 0)) || fail 77 "only root can make and enter another root here"
  step "a new root in $dir"
  remove
  mkdir -p "$dir"
  # How this machine reaches its mirrors: proxies, timeouts, which certificates it trusts.
  apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries|Check-)' >"$dir.apt" || true
  if ! sources | mmdebstrap --quiet --variant=apt --dpkgopt=force-unsafe-io --aptopt="$dir.apt" \
    "$(codename "$release")" "$dir" - >"$dir.log" 2>&1; then
    tail -n 20 "$dir.log" >&2
    fail 77 "no new root could be made, for want of the network perhaps"
  fi
  # A certificate that this machine trusts beside Debian's: whoever installs ca-certificates finds it.
  if compgen -G '/usr/local/share/ca-certificates/*' >/dev/null; then
    mkdir -p "$dir/usr/local/share/ca-certificates"
    cp -L /usr/local/share/ca-certificates/* "$dir/usr/local/share/ca-certificates/"
  fi
  if [[ -e ~/.m2/settings.xml ]]; then install -D ~/.m2/settings.xml "$dir/root/.m2/settings.xml"; fi
  cp -L /etc/resolv.conf "$dir/etc/resolv.conf"
  cp -L /etc/hosts "$dir/etc/hosts"
}

copy_head() {
  rm -rf --one-file-system "$dir/headcount"
  mkdir -p "$dir/headcount"
  git archive HEAD | tar -x -C "$dir/headcount"
}

# Runs a command in the root, with processes and mounts of its own: when it ends, all of them are gone. Of the
# environment only what says how the network is reached goes along.
inside() {
  local name
  local -a along=()
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY MAVEN_OPTS MAVEN_ARGS; do
    if [[ -n ${!name:-} ]]; then along+=("$name=${!name}"); fi
  done
  # shellcheck disable=SC2016  # the inner shell expands it
  unshare --mount --pid --fork --kill-child bash -c '
    set -e
    mount --make-rprivate /
    mount -t proc proc "$1/proc"
    mount --rbind /sys "$1/sys"
    mount -t tmpfs -o mode=755 tmpfs "$1/dev"
    for node in null zero full random urandom tty; do touch "$1/dev/$node"; mount --bind "/dev/$node" "$1/dev/$node"; done
    mkdir "$1/dev/shm" "$1/dev/pts"
    mount -t tmpfs tmpfs "$1/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
    ln -s pts/ptmx "$1/dev/ptmx"
    ln -s /proc/self/fd "$1/dev/fd"
    ln -s fd/0 "$1/dev/stdin"; ln -s fd/1 "$1/dev/stdout"; ln -s fd/2 "$1/dev/stderr"
    mount -t tmpfs tmpfs "$1/run"
    mkdir -p "$1/run/lock"
    root=$1; shift
    exec chroot "$root" "$@"' _ "$dir" \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 CI=true "${along[@]}" \
    bash -c "cd /headcount && $1" </dev/null
}

remove() { rm -rf --one-file-system "$dir" "$dir.apt" "$dir.log"; }

# shellcheck disable=SC2317  # called by the trap
clean_up() {
  local code=$?
  trap - EXIT INT TERM
  if ((!keep)); then remove; fi
  exit "$code"
}

main() {
  parse "$@"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if ((keep)) && [[ -e $dir/headcount && -e $dir.apt ]]; then
    step "going on in $dir"
  else
    make_root
    copy_head
  fi
  local command started
  for command in "${commands[@]}"; do
    step "$command"
    started=$SECONDS
    inside "$command"
    step "passed after $((SECONDS - started)) s: $command"
  done
}

main "$@"
