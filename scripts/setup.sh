#!/usr/bin/env bash
# Promise: after it, every package of scripts/packages.txt is installed. What is there already is left alone, so a
# second call changes nothing and takes a moment. Needs the apt-get of Debian 12 or 13, as root or through sudo.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
list=$here/packages.txt
readonly dev_sections=build,run,kafka,check,guard,observe,package,fuzz
readonly policy=/usr/sbin/policy-rc.d

usage() {
  cat <<EOF
usage: setup.sh [--dev | --only SECTION[,SECTION...]] [--list]
Installs the Debian packages of scripts/packages.txt that are missing.
  --dev            what scripts/test.sh needs: all sections but bench
  --only SECTIONS  only these sections: build, run, kafka, check, guard, observe, package, fuzz, bench (default: all)
  --list           print the packages and install nothing
Exit codes: 0 all is there, 64 an option, 69 apt-get failed, 78 packages are missing and cannot be installed from here.
EOF
}

fail() { echo "setup: $2" >&2; exit "$1"; }

# Prints the packages of the sections asked for, one a line.
packages() {
  awk -v only=",$1," '
    { sub(/#.*/, "") }
    /^\[[a-z]+\]/ { section = substr($1, 2, length($1) - 2); next }
    NF && (only == ",," || index(only, "," section ",")) { print $1 }' "$list"
}

# Prints those of its arguments that are not installed.
missing() {
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | awk '$1 == "installed" { print $2 }') || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$installed")
}

# Runs a command as root: directly, or through sudo. In CI nobody can type a password, so sudo must not ask.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif [[ -t 0 && -z ${CI:-} ]]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

# Some packages bring a service that they would start, Prometheus for one. Here only the programs are wanted, and this
# is how Debian is told so. A policy that is there already is left as it is.
install_packages() {
  if [[ ! -e $policy ]]; then
    trap 'as_root rm -f "$policy"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
    install --no-install-recommends "$@" </dev/null
}

main() {
  local only='' list_only=0 section
  while (($#)); do
    case $1 in
      --only) [[ $# -ge 2 && -n $2 ]] || fail 64 "--only wants section names, as in --only build,run"; only=$2; shift 2 ;;
      --dev) only=$dev_sections; shift ;;
      --list) list_only=1; shift ;;
      -h | --help) usage; exit 0 ;;
      *) fail 64 "unknown option '$1'; --help shows them" ;;
    esac
  done
  for section in ${only//,/ }; do
    grep -qFx "[$section]" "$list" || fail 64 "--only: no section '$section' in scripts/packages.txt"
  done

  local wanted absent
  mapfile -t wanted < <(packages "$only")
  if ((list_only)); then printf '%s\n' "${wanted[@]}"; exit 0; fi
  command -v dpkg-query >/dev/null || fail 78 "this is not Debian; install the equivalents of: ${wanted[*]}"

  mapfile -t absent < <(missing "${wanted[@]}")
  if ((${#absent[@]} == 0)); then
    echo "setup: all ${#wanted[@]} packages are installed"
    exit 0
  fi
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    fail 78 "missing: ${absent[*]}. Neither root nor sudo here; as root type: apt-get install ${absent[*]}"
  fi

  echo "setup: installing ${#absent[@]} of ${#wanted[@]} packages: ${absent[*]}"
  as_root apt-get -q -o Acquire::Retries=3 update || fail 69 "apt-get update failed; see its message above"
  install_packages "${absent[@]}" || fail 69 "apt-get install failed; see its message above"

  mapfile -t absent < <(missing "${wanted[@]}")
  ((${#absent[@]} == 0)) || fail 69 "still missing after the installation: ${absent[*]}"
  echo "setup: done"
}

main "$@"
