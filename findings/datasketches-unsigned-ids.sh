#!/usr/bin/env bash
# Two of DataSketches' three sketches count 2,000 users of 64-bit unsigned ids as two.
# What: datasketches 5.2.0 (PyPI; nanobind bindings of the C++ library), numpy 2.4.6.
# Expected: update(id) with an int hashes the int, or refuses one that it cannot take.
# Seen: from 2^63 on an int no longer fits the signed overload, and HLL and theta sketches take the next one, which is
#   for floats: neighbours within 2,048 are one user, without an error. The CPC sketch of the same package has no such
#   gap. And an id that a Java producer wrote as a negative long is another user than the same 64 bits as Python's
#   positive int.
# Why it matters: ids that are hashes or snowflakes with the top bit set are common in Kafka keys, and the count is then
#   too small, or too large once sketches of a Java program and a Python program are united. Hand such ids over as
#   strings.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='2000 ids from 2^62 on: hll 1997 theta 2000 cpc 1995
2000 ids from 2^63 on: hll 2 theta 2 cpc 2010
one id, unsigned and signed: hll 2 theta 2 cpc 2'

python_packages packages datasketches==5.2.0 numpy==2.4.6
now=$(with_python packages <<'PY'
from datasketches import cpc_sketch, hll_sketch, update_theta_sketch

def count(ids):
    words = []
    for name, make in (("hll", hll_sketch), ("theta", update_theta_sketch), ("cpc", cpc_sketch)):
        sketch = make(12)
        for one in ids:
            sketch.update(one)
        words.append(f"{name} {sketch.get_estimate():.0f}")
    return " ".join(words)

for bit in (62, 63):
    print(f"2000 ids from 2^{bit} on:", count([2**bit + i for i in range(2000)]))
print("one id, unsigned and signed:", count([2**63 + 12345, 2**63 + 12345 - 2**64]))
PY
)
still "$seen" "$now"
