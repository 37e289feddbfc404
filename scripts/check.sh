#!/usr/bin/env bash
# Promise: says whether the sources follow the rules a machine can check, and changes nothing (but with --fix).
# Without options it runs the quick ones: the layout of the C++ files and shellcheck on the scripts.
set -euo pipefail

readonly clang=14
root=$(dirname "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)")
cd "$root"

usage() {
  cat <<EOF
usage: check.sh [--format] [--shell] [--kernels BUILD] [--tidy] [--fix]
  --format         C++ layout by .clang-format
  --shell          shellcheck on every script
  --kernels BUILD  in that build, without sanitizers, the scanner's kernels share no function with the program
  --tidy           clang-tidy by .clang-tidy; takes 3 s of CPU a source file
  --fix            let clang-format rewrite the files instead of complaining
Without options: --format and --shell.
Layout and clang-tidy are looked at with version 14, Debian 12's, alone: of others each wants it another way.
Exit codes: 0 all is well, 1 something is not, 64 an option, 77 nothing could be looked at, 78 a tool is missing.
EOF
}

fail() { echo "check: $2" >&2; exit "$1"; }
need() { command -v "$1" >/dev/null || fail 78 "$1 is missing; scripts/setup.sh installs it"; }

# is_pinned TOOL: whether it is the version that the sources are made for; if not, says that it is passed over.
is_pinned() {
  need "$1"
  local version
  version=$("$1" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)
  if [[ $version == "$clang."* ]]; then return 0; fi
  echo "check: $1 $version is not $clang and was not asked" >&2
  return 1
}

sources() { find common coordinator worker tests -name '*.cc' -print0 -o -name '*.h' -print0; }
scripts() {
  find scripts .ci tests findings -type f \( -name '*.sh' -o -path .ci/run \) -print0
  find config/debian config/bash-completion -type f \( -name 'p*inst' -o -name 'p*rm' -o -name headcount \) -print0
}

check_format() {
  sources | xargs -0 -r clang-format --dry-run -Werror
}

check_shell() {
  need shellcheck
  scripts | xargs -0 -r shellcheck
}

# Of an inline function that several objects define the linker keeps one. If that were the one that is compiled for
# AVX-512, the program would die elsewhere: so a kernel's object defines one symbol that others see, its own scan.
check_kernels() {
  local build=$1 object others kernels=0
  need nm
  while IFS= read -r -d '' object; do
    others=$(nm -C --defined-only "$object" | grep -E '^[0-9a-f]* [A-Zuvw] ' |
      grep -v -E '^[0-9a-f]+ T headcount::scan::Scan[A-Za-z0-9]+\(' || true)
    if [[ -n $others ]]; then fail 1 "$object defines what others see: $others"; fi
    kernels=$((kernels + 1))
  done < <(find "$build/common" -path '*/scan/scan_*.o' -print0)
  ((kernels >= 2)) || fail 1 "$build has no kernels to look at"
}

# Files that did not change need not be asked again, but clang-tidy keeps no memory: this takes minutes.
check_tidy() {
  # A build of its own, never built: clang does not read gcc's precompiled headers.
  cmake --preset debug -B build/tidy -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null
  find common coordinator worker tests -name '*.cc' -print0 |
    xargs -0 -r -n 1 -P "$(nproc)" clang-tidy --quiet -p build/tidy --warnings-as-errors='*' 2> >(grep -v 'warnings generated' >&2)
}

main() {
  local format=0 shell=0 kernels='' tidy=0 fix=0 failed=0 passed_over=0
  while (($#)); do
    case $1 in
      --format) format=1 ;;
      --shell) shell=1 ;;
      --kernels)
        [[ -d ${2:-} ]] || fail 64 "--kernels wants the folder of a build"
        kernels=$2
        shift
        ;;
      --tidy) tidy=1 ;;
      --fix) fix=1 ;;
      -h | --help) usage; exit 0 ;;
      *) fail 64 "unknown option '$1'; --help shows them" ;;
    esac
    shift
  done
  if ((fix)); then
    is_pinned clang-format || fail 78 "only clang-format $clang may rewrite the files"
    sources | xargs -0 -r clang-format -i
    exit 0
  fi
  if ((!format && !shell && !tidy)) && [[ -z $kernels ]]; then format=1 shell=1; fi
  if ((format)); then if is_pinned clang-format; then check_format || failed=1; else passed_over=1; fi; fi
  if ((shell)); then check_shell || failed=1; fi
  if [[ -n $kernels ]]; then check_kernels "$kernels" || failed=1; fi
  if ((tidy)); then if is_pinned clang-tidy; then check_tidy || failed=1; else passed_over=1; fi; fi
  if ((failed)); then fail 1 "not clean; see above"; fi
  if ((passed_over && !shell)) && [[ -z $kernels ]]; then exit 77; fi
  echo "check: clean"
}

main "$@"
