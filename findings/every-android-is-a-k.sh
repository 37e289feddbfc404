#!/usr/bin/env bash
# A parser of user agents names one and the same device, "K" of Generic_Android, for whoever uses Chrome on Android.
# What: ua-parser 1.0.2 with ua-parser-builtins 202610 (PyPI).
# Expected: where the browser hides the model, the device is unknown, as it is said to be for Chrome on Windows.
# Seen: Chrome's reduced user agent writes "Android 10; K" in place of system and model. The rules take the letter for a
#   model, and the made-up 10 for the system's version: every phone is a K with Android 10. An iPad is a Mac. Of
#   Firefox, which has no model either, the device is at least called generic.
# Why it matters: users that are told apart by address and device become one per address, and a count by device has one
#   model that nobody makes at its top.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='Chrome 124, Android: Android 10, device K / Generic_Android / K
Chrome 140, Android: Android 10, device K / Generic_Android / K
Chrome 124, Windows: Windows 10, device unknown
Firefox, Android: Android 14, device Generic Smartphone / Generic / Smartphone
Safari, iPad: Mac OS X 10, device Mac / Apple / Mac'

python_packages packages ua-parser==1.0.2 ua-parser-builtins==202610
now=$(with_python packages <<'PY'
from ua_parser import parse

webkit = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 {}Safari/537.36"
agents = {
    "Chrome 124, Android": "Mozilla/5.0 (Linux; Android 10; K) " + webkit.format(124, "Mobile "),
    "Chrome 140, Android": "Mozilla/5.0 (Linux; Android 10; K) " + webkit.format(140, "Mobile "),
    "Chrome 124, Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + webkit.format(124, ""),
    "Firefox, Android": "Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0",
    "Safari, iPad": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
                    " Version/17.4 Safari/605.1.15",
}
for name, agent in agents.items():
    result = parse(agent)
    device = result.device
    print(f"{name}: {result.os.family} {result.os.major}, device",
          f"{device.family} / {device.brand} / {device.model}" if device else "unknown")
PY
)
still "$seen" "$now"
