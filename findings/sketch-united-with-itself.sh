#!/usr/bin/env bash
# A sketch that is united with itself counts other users than before.
# What: datasketches 5.2.0 (PyPI), numpy 2.4.6.
# Expected: a union of sets changes nothing where nothing is new. Retried and repeated merges should be harmless.
# Seen: hll_sketch estimates from the history of its own updates. A union keeps that estimate while it holds one large
#   sketch, and drops it for a coarser one at the second, whatever that holds: the number jumps although no register
#   changed. A sketch of a few users leaves the number alone.
# Why it matters: minutes are rolled up to hours by uniting sketches. A merge that is repeated after a crash publishes
#   another number than the first one, and a test for "the same input, the same number" fails without a fault of ours.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='100000 users: 101148, alone in a union 101148, with 1 of them 101148, with itself 102878, same registers True
1000000 users: 990117, alone in a union 990117, with 1 of them 990117, with itself 976680, same registers True'

python_packages packages datasketches==5.2.0 numpy==2.4.6
now=$(with_python packages <<'PY'
from datasketches import hll_sketch, hll_union, tgt_hll_type

def sketch(ids):
    made = hll_sketch(12, tgt_hll_type.HLL_8)
    for one in ids:
        made.update(one)
    return made

def union(*parts):
    made = hll_union(12)
    for part in parts:
        made.update(part)
    return made.get_result(tgt_hll_type.HLL_8)

# The registers of HLL_8 are the last 2^12 bytes.
def registers(made):
    return made.serialize_compact()[-4096:]

for users in (100_000, 1_000_000):
    whole = sketch(range(users))
    twice = union(whole, whole)
    print(f"{users} users: {whole.get_estimate():.0f}, alone in a union {union(whole).get_estimate():.0f},"
          f" with 1 of them {union(whole, sketch([1])).get_estimate():.0f}, with itself {twice.get_estimate():.0f},"
          f" same registers {registers(whole) == registers(twice)}")
PY
)
still "$seen" "$now"
