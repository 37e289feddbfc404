#!/usr/bin/env bash
# Promise: packs the release build, asks lintian about the package, and installs it with apt into a new Debian in a
# folder, which has nothing but what is essential. The tests of the package then run what was installed there.
set -euo pipefail

# shellcheck source=scripts/apt_sources.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/apt_sources.sh"

usage() {
  cat <<EOF
usage: clean_root.sh --build RELEASE_BUILD --out FOLDER
       clean_root.sh --remove --out FOLDER
Makes FOLDER/headcount_*.deb and FOLDER/root with the package installed.
Exit codes: 0 done, 1 the package is not right, 64 an option, 77 no release build, or no root made: a tool, the rights or
the network are missing.
EOF
}

fail() { echo "clean_root: $2" >&2; exit "$1"; }

pack() {
  local build=$1 out=$2
  [[ -x $build/headcount && -e $build/CPackConfig.cmake ]] || fail 77 "no release build at $build; make one first"
  command -v dpkg-shlibdeps >/dev/null || fail 77 "dpkg-dev is missing; scripts/setup.sh --dev installs it"
  if ! cpack --config "$build/CPackConfig.cmake" -B "$out/cpack" >"$out/cpack.log" 2>&1; then
    cat "$out/cpack.log" >&2
    fail 1 "cpack failed"
  fi
  mv "$out"/cpack/headcount_*.deb "$out"
  rm -rf "$out/cpack"
}

ask_lintian() {
  command -v lintian >/dev/null || { echo "clean_root: lintian is missing, and was not asked" >&2; return 0; }
  lintian --fail-on error,warning --tag-display-limit 0 "$1" 2>&1 || fail 1 "lintian has something against the package"
}

# Called by mmdebstrap with the new root. Where apt cannot install the package, that is the package's fault.
install_into() {
  local root=$1 deb=$2
  # apt reads the file out here and dpkg in there, both by one name.
  mkdir -p "$root$(dirname "$deb")"
  cp "$deb" "$root$deb"
  APT_CONFIG=${MMDEBSTRAP_APT_CONFIG:?} apt-get -q -y --no-install-recommends \
    -o DPkg::Chroot-Directory="$root" install "$deb" || { touch "$(dirname "$deb")/refused"; exit 1; }
  rm -f "$root$deb"
}

make_root() {
  local out=$1 deb=$2 here sources codename
  here=$(readlink -f "${BASH_SOURCE[0]}")
  command -v mmdebstrap >/dev/null || fail 77 "mmdebstrap is missing; scripts/setup.sh --dev installs it"
  ((EUID == 0)) || fail 77 "only root can make and enter another root here"
  sources=$(apt_sources) || fail 77 "apt has no sources here"
  # shellcheck disable=SC1091  # of this Debian
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  # No disk need be waited for: the root lives as long as the tests.
  if ! mmdebstrap --quiet --variant=essential --dpkgopt=force-unsafe-io \
    --customize-hook="bash '$here' --install-into \"\$1\" '$deb'" "$codename" "$out/root" - \
    <"$sources" >"$out/root.log" 2>&1; then
    cat "$out/root.log" >&2
    if [[ -e $out/refused ]]; then fail 1 "the package cannot be installed"; fi
    rm -rf --one-file-system "$out/root"
    fail 77 "no new root could be made, for want of the network perhaps"
  fi
}

main() {
  local build='' out='' remove=0
  while (($#)); do
    case $1 in
      --build | --out) [[ -n ${2:-} ]] || fail 64 "$1 wants a folder" ;;&
      --build) build=$(readlink -m "$2"); shift 2 ;;
      --out) out=$(readlink -m "$2"); shift 2 ;;
      --remove) remove=1; shift ;;
      --install-into) install_into "$2" "$3"; exit 0 ;;
      -h | --help) usage; exit 0 ;;
      *) fail 64 "unknown option '$1'; --help shows them" ;;
    esac
  done
  [[ -n $out ]] || fail 64 "--out is missing"
  rm -rf --one-file-system "$out"
  if ((remove)); then exit 0; fi
  [[ -n $build ]] || fail 64 "--build is missing"
  mkdir -p "$out"
  pack "$build" "$out"
  local deb
  deb=$(echo "$out"/headcount_*.deb)
  ask_lintian "$deb"
  make_root "$out" "$deb"
}

main "$@"
