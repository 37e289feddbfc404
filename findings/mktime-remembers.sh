#!/usr/bin/env bash
# The C library's mktime gives one and the same local midnight two values, by what it was asked before.
# What: glibc 2.36 (Debian 12, as Python's time.mktime calls it), with the zones of tzdata 2026.6 (PyPI).
# Expected: the result is a function of the argument and the zone. Where a time stands twice and tm_isdst is -1, either
#   answer is right, but it is always the same one.
# Seen: glibc keeps the offset of the last call as its first guess. Havana's midnight of 2024-11-03 stands twice, an
#   hour apart; after a call for July it is the earlier one, after a call for January the later one.
# Why it matters: a program that turns local days into instants begins that day at another second than its twin, and
#   than itself after a restart: which events it read before decides. Ask for noon and look for the day's start from
#   there.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='after July: 1730606400, asked again 1730606400, written 2024-11-03 00:00:00 -0400
after January: 1730610000, asked again 1730610000, written 2024-11-03 00:00:00 -0500
after July: 1730606400, asked again 1730606400, written 2024-11-03 00:00:00 -0400'

[[ $(getconf GNU_LIBC_VERSION 2>/dev/null) == glibc* ]] || unavailable "this machine has no glibc"
python_packages zones tzdata==2026.6
now=$(TZDIR=$tmp/zones/tzdata/zoneinfo TZ=America/Havana with_python zones <<'PY'
import time

def midnight():
    return int(time.mktime((2024, 11, 3, 0, 0, 0, 0, 0, -1)))

for name, month in (("July", 7), ("January", 1), ("July", 7)):
    time.mktime((2024, month, 1, 12, 0, 0, 0, 0, -1))
    first, second = midnight(), midnight()
    print(f"after {name}: {first}, asked again {second}, written {time.strftime('%F %T %z', time.localtime(first))}")
PY
)
still "$seen" "$now"
