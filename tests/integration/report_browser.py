#!/usr/bin/env python3
"""Shows a page of `headcount report` to a real browser, and compares what it draws with the records it was made of.

What is expected is worked out here, from the records alone. Everything that is wrong is printed; then it ends with 1.
77: there is no browser.
"""

import argparse
import json
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import browser as browsers  # pylint: disable=wrong-import-position

LEAST_CONTRAST = 4.5  # WCAG 2, level AA
WIDTHS = (320, 390, 1080)

# Every bar of a chart: where its parts are on the screen, and what it says when it is pointed at.
READ_BARS = """(id => {
  const box = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const svg = document.querySelector('#' + id + ' svg');
  return svg && {plot: box(svg), bars: [...svg.querySelectorAll('.bar')].map(bar => ({
    title: bar.querySelector('title').textContent, hit: box(bar.querySelector('.hit')),
    parts: Object.fromEntries([...bar.querySelectorAll('rect:not(.hit)')].map(r => [r.className.baseVal, box(r)]))})),
    gaps: [...svg.querySelectorAll('.gap .band')].map(box), strips: [...svg.querySelectorAll('.gap .strip')].map(box)};
})"""

READ_TABLE = """[...document.querySelectorAll('table tbody tr')].filter(r => !r.className).map(
  r => [...r.querySelectorAll('td')].map(c => c.textContent.replaceAll(',', '')))"""

# What sticks out to the right, but for what scrolls by itself.
READ_WIDE = """[...document.querySelectorAll('body *')].filter(e => !e.closest('.table') || e.matches('.table')).filter(
  e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5).map(e => e.outerHTML.slice(0, 80))"""

# Each text with its colour and the first colour behind it that can be seen.
READ_COLOURS = """(() => {
  const opaque = c => c !== 'transparent' && !/, 0\\)$/.test(c), found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    let e = walker.currentNode.parentElement;
    if (!text || e.closest('svg')) continue;
    const colour = getComputedStyle(e).color;
    while (e && !opaque(getComputedStyle(e).backgroundColor)) e = e.parentElement;
    found[colour + ' on ' + (e ? getComputedStyle(e).backgroundColor : 'rgb(255, 255, 255)')] = text.slice(0, 40);
  }
  return found;
})()"""

# Nothing that could ask anybody for anything.
READ_ADDRESSES = """[...document.querySelectorAll('script,link,img,iframe,object,embed,audio,video,base,form,[src],[href],[onload]')]
  .map(e => e.outerHTML.slice(0, 80)).concat(performance.getEntriesByType('resource').map(e => e.name))
  .concat(/url\\(|@import|https?:/.test(document.documentElement.outerHTML) ? ['an address in the text'] : [])"""


class Findings:
    """What is wrong so far."""

    def __init__(self):
        self.count = 0

    def expect(self, right, what):
        """Says `what`, unless it is right."""
        if not right:
            self.count += 1
            print("WRONG:", what)


def columns_of(records, width_s):
    """The records by column of that many seconds: {start: [records]}."""
    columns = {}
    for record in sorted(records, key=lambda r: r["window_start"]):
        columns.setdefault(record["window_start"] // width_s * width_s, []).append(record)
    return columns


def values_of(columns, field):
    """Of each column the highest and the median minute."""
    return [(max(r[field] for r in records), int(statistics.median(r[field] for r in records)))
            for records in columns.values()]


def near(a, b, tolerance=0.75):
    """To the eye; a dot of the screen is 1."""
    return abs(a - b) <= tolerance


def check_places(findings, name, drawn, places, width_s):
    """The bars stand where their time is."""
    left, _, right, _ = drawn["plot"]
    first = places[0]
    columns = (places[-1] - first) // width_s + 1
    for bar, place in zip(drawn["bars"], places):
        expected = left + (right - left) * (place - first) / width_s / columns
        findings.expect(near(bar["hit"][0], expected), f"{name}: a bar stands at {bar['hit'][0]}, not {expected}")


def check_series(findings, page, name, field, columns, width_s):
    """A bar for each column, as high as it should be beside the highest of all."""
    drawn = page.ask(READ_BARS + f"('{name}')")
    values = values_of(columns, field)
    findings.expect(len(drawn["bars"]) == len(values), f"{name}: {len(drawn['bars'])} bars for {len(values)} columns")
    check_places(findings, name, drawn, list(columns), width_s)
    kinds = (name, name) if width_s == 60 else (name + "-most", name)
    top = max(value[0] for value in values)
    tallest = max(bar["parts"][kinds[0]][3] - bar["parts"][kinds[0]][1] for bar in drawn["bars"])
    findings.expect(tallest > 60, f"{name}: the tallest bar is {tallest} dots high")
    for bar, value in zip(drawn["bars"], values):
        for kind, number in zip(kinds, value):
            part = bar["parts"].get(kind, [0, 0, 0, 0])
            height = part[3] - part[1]
            findings.expect(near(height, tallest * number / top), f"{name}: {number} is {height} dots high; {bar['title']}")
            findings.expect(f"{number:,}" in bar["title"], f"{name}: {number:,} is not in: {bar['title']}")
    return drawn


def check_not_counted(findings, page, columns):
    """Late, invalid and future on top of each other; where nothing is, nothing is drawn."""
    fields = ("late", "invalid", "future")
    sums = [[sum(r[f] for r in records) for f in fields] for records in columns.values()]
    wanted = [s for s in sums if sum(s) > 0]
    drawn = page.ask(READ_BARS + "('not-counted')")
    findings.expect((drawn is None) == (not wanted), "not counted: a chart of nothing, or none of something")
    if not wanted:
        return
    findings.expect(len(drawn["bars"]) == len(wanted), f"not counted: {len(drawn['bars'])} bars for {len(wanted)}")
    top = max(map(sum, wanted))
    heights = [{kind: part[3] - part[1] for kind, part in bar["parts"].items()} for bar in drawn["bars"]]
    tallest = max(sum(h.values()) for h in heights)
    for height, numbers in zip(heights, wanted):
        for field, number in zip(fields, numbers):
            findings.expect(near(height.get(field, 0), tallest * number / top), f"not counted: {number} {field}: {height}")


def check_gaps(findings, page, drawn, columns, records, width_s):
    """Columns without any record are marked from top to bottom, and those that lack some at the base."""
    left, _, right, _ = drawn["plot"]
    starts = list(columns)
    count = (starts[-1] - starts[0]) // width_s + 1
    dots = (right - left) / count
    empty = [i for i in range(count) if starts[0] + i * width_s not in columns]
    covered = sum(round((band[2] - band[0]) / dots) for band in drawn["gaps"])
    findings.expect(covered == len(empty), f"{covered} columns are marked as gaps, {len(empty)} are")
    for band in drawn["gaps"]:
        place = round((band[0] - left) / dots)
        findings.expect(place in empty and place - 1 not in empty, f"a gap is marked at column {place}")
        findings.expect(band[3] - band[1] > 100, f"the mark of a gap is {band[3] - band[1]} dots high")
    known = {r["window_start"] for r in records}
    every = range(min(known), max(known) + 60, 60)
    lacking = {(t // width_s * width_s - starts[0]) // width_s for t in every if t not in known}
    marked = set()
    for strip in drawn["strips"]:
        marked |= set(range(round((strip[0] - left) / dots), round((strip[2] - left) / dots)))
    findings.expect(marked == lacking, f"marked at the base: {sorted(marked)}; lacking: {sorted(lacking)}")
    listed = page.ask("document.querySelectorAll('#gaps li').length")
    runs = sum(1 for t in every if t not in known and t - 60 in known)
    findings.expect(listed == min(runs, 20), f"{listed} gaps are listed of {runs}")


def check_table(findings, page, rows, row_s):
    """The numbers, row by row."""
    expected = []
    for records in rows.values():
        users = [r["unique_users"] for r in records]
        sums = [sum(r[f] for r in records) for f in ("events", "late", "invalid", "future")]
        few = [] if row_s == 60 else [len(records), int(statistics.median(users))]
        expected.append([str(n) for n in few + [max(users)] + sums])
    shown = page.ask(READ_TABLE)
    findings.expect(shown == expected, f"the table shows {shown[:3]}..., not {expected[:3]}...")


def luminance(colour):
    """By WCAG, of "rgb(1, 2, 3)"."""
    channels = [int(n) / 255 for n in colour[colour.index("(") + 1:-1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def check_contrast(findings, page, where):
    """Every text can be read."""
    colours = page.ask(READ_COLOURS)
    findings.expect(len(colours) >= 3, f"{where}: only {len(colours)} kinds of text were found")
    for pair, text in colours.items():
        lighter, darker = sorted(map(luminance, pair.split(" on ")), reverse=True)
        contrast = (lighter + 0.05) / (darker + 0.05)
        findings.expect(contrast >= LEAST_CONTRAST, f"{where}: contrast {contrast:.2f} of {pair}: {text}")


def check_picture(findings, page, scheme):
    """It is not blank, and as light or dark as was asked for."""
    pixels = browsers.png_pixels(page.screenshot(scale=0.25))
    colours = len(set(pixels))
    findings.expect(colours > 100, f"{scheme}: {colours} colours in the whole picture")
    brightness = sum(map(sum, pixels)) / len(pixels) / 3
    findings.expect(brightness > 190 if scheme == "light" else brightness < 80, f"{scheme}: a brightness of {brightness:.0f}")


def check_looks(findings, page, shots, name):
    """On screens of all widths, in light and dark, and on paper."""
    for width in WIDTHS:
        page.resize(width, 900)
        shown = page.ask("document.documentElement.scrollWidth")
        findings.expect(shown <= width, f"{width} dots wide, it scrolls to {shown}: {page.ask(READ_WIDE)}")
        findings.expect(page.ask(READ_WIDE) == [], f"{width} dots wide, this is cut off: {page.ask(READ_WIDE)}")
    for scheme in ("light", "dark"):
        page.prefer(scheme)
        check_contrast(findings, page, scheme)
        check_picture(findings, page, scheme)
        (shots / f"{name}-{scheme}.png").write_bytes(page.screenshot())
        (shots / f"{name}-{scheme}-top.png").write_bytes(page.screenshot(height=1040))
    page.prefer("dark", media="print")
    check_contrast(findings, page, "print")
    page.prefer("dark")
    page.resize(390, 844, scale=2, mobile=True)
    (shots / f"{name}-phone.png").write_bytes(page.screenshot())


def check_quiet(findings, page, path):
    """It has asked nobody for anything, and the browser had nothing to complain about."""
    asked = [e["params"]["request"]["url"] for e in page.events if e.get("method") == "Network.requestWillBeSent"]
    findings.expect(asked == [path.resolve().as_uri()], f"asked for: {asked}")
    complaints = [e for e in page.events
                  if e.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")]
    findings.expect(complaints == [], f"the browser says: {complaints}")
    addresses = page.ask(READ_ADDRESSES)
    findings.expect(addresses == [], f"it names: {addresses}")
    policy = page.ask("document.querySelector('meta[http-equiv=Content-Security-Policy]').content")
    findings.expect(policy.startswith("default-src 'none'"), f"its policy is {policy}")


def main():
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", required=True, type=pathlib.Path)
    parser.add_argument("--records", required=True, type=pathlib.Path, help="JSON lines, of windows of a minute")
    parser.add_argument("--column-s", type=int, default=60, help="what a column of the charts is expected to stand for")
    parser.add_argument("--row-s", type=int, default=60, help="... and a row of the table")
    parser.add_argument("--shots", required=True, type=pathlib.Path, help="the folder for screenshots")
    asked = parser.parse_args()
    if browsers.find_browser() is None:
        print("there is no Chromium")
        return 77
    records = [json.loads(line) for line in asked.records.read_text().splitlines()]
    columns = columns_of(records, asked.column_s)
    asked.shots.mkdir(parents=True, exist_ok=True)
    findings = Findings()
    with browsers.Browser() as page:
        page.resize(1080, 900)
        page.prefer("light")
        page.open(asked.page)
        drawn = check_series(findings, page, "users", "unique_users", columns, asked.column_s)
        check_series(findings, page, "events", "events", columns, asked.column_s)
        check_not_counted(findings, page, columns)
        check_gaps(findings, page, drawn, columns, records, asked.column_s)
        check_table(findings, page, columns_of(records, asked.row_s), asked.row_s)
        highest = max(r["unique_users"] for r in records)
        big = page.ask("document.querySelector('.big').textContent")
        findings.expect(big == f"{highest:,}", f"the first number is {big}, not {highest:,}")
        check_looks(findings, page, asked.shots, asked.page.stem)
        check_quiet(findings, page, asked.page)
    print(f"{len(records)} records, {len(columns)} columns: {findings.count} findings")
    return 1 if findings.count else 0


if __name__ == "__main__":
    sys.exit(main())
