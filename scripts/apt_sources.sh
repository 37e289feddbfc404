#!/usr/bin/env bash
# Promise: for scripts that make a Debian in a folder out of this machine's own sources. To be sourced.

# apt_sources: prints the file that holds apt's sources. Debian 12 and 13 keep them under different names, and a root
# that mmdebstrap made under one of its own. Fails where there is none.
apt_sources() {
  local file
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.sources \
    /etc/apt/sources.list.d/*.list; do
    if [[ -s $file ]]; then echo "$file"; return; fi
  done
  return 1
}
