"""Two kinds of chart as SVG text, drawn by hand: bars, and lines over a logarithmic axis.

No library: what a page shows in light and in dark is a matter of a style sheet inside the picture, and the same figures
give the same bytes, so that kept charts change only when the figures do.
"""
import math
from html import escape

STYLE = """
  text { font: 13px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .muted { fill: #59636e; font-size: 12px }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .bar.ours { fill: #0969da } .bar.theirs { fill: #9aa4af } .bar.limit { fill: #bf8700 }
  .line { fill: none; stroke-width: 2 } .s0 { stroke: #0969da } .s1 { stroke: #bf8700 } .s2 { stroke: #8250df }
  .d0 { fill: #0969da } .d1 { fill: #bf8700 } .d2 { fill: #8250df }
  .wanted { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 5 4 } .wantedtext { fill: #cf222e; font-size: 12px }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .muted { fill: #9198a1 } .grid { stroke: #3d444d }
    .bar.ours { fill: #4493f8 } .bar.theirs { fill: #656c76 } .bar.limit { fill: #d29922 }
    .s0 { stroke: #4493f8 } .s1 { stroke: #d29922 } .s2 { stroke: #ab7df8 }
    .d0 { fill: #4493f8 } .d1 { fill: #d29922 } .d2 { fill: #ab7df8 }
    .wanted { stroke: #f85149 } .wantedtext { fill: #f85149 }
  }
"""
WIDTH = 760
LEFT, RIGHT = 250, 110  # of bars: room for labels and for values
ROW, BAR = 26, 17


def text(x, y, content, css="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{css}">{escape(content)}</text>'


def line(x1, y1, x2, y2, css):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"/>'


def page(title, width, height, parts):
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
                      f'height="{height}" role="img">', f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>",
                      text(12, 24, title, "title"), *parts, "</svg>", ""])


def bars(title, sections, form, wanted=None):
    """`sections`: (heading, [(label, value, "ours" | "theirs" | "limit")]); `wanted`: (value, words), a bar to clear."""
    most = max([value for _, rows in sections for _, value, _ in rows] + ([wanted[0]] if wanted else [])) or 1
    parts, y = [], 40
    scale = (WIDTH - LEFT - RIGHT) / most
    top = y
    for heading, rows in sections:
        if heading:
            parts.append(text(12, y + 17, heading, "muted"))
            y += ROW
        for label, value, css in rows:
            parts.append(text(LEFT - 10, y + 14, label, "", "end"))
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{max(value * scale, 1):.1f}" height="{BAR}" rx="2" '
                         f'class="bar {css}"/>')
            parts.append(text(LEFT + value * scale + 8, y + 14, form.format(value)))
            y += ROW
        y += 8
    if wanted:
        x = LEFT + wanted[0] * scale
        parts += [line(x, top, x, y, "wanted"), text(x, y + 14, wanted[1], "wantedtext", "middle")]
        y += 20
    return page(title, WIDTH, y + 8, parts)


def short(number):
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:g} {letter}"
    return f"{number:g}"


def round_up(value):
    """The next number of one of the digits that are easy to halve."""
    size = 10 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 2, 4, 6, 8, 10) if step * size >= value)


def panel(x0, y0, width, height, heading, series, form):
    """Lines through points (x, y), x logarithmic, y from zero. `series`: (label, points)."""
    points = [point for _, some in series for point in some]
    xs = sorted({x for x, _ in points})
    low, high = math.log(xs[0]), math.log(xs[-1])
    most = round_up(1.05 * max(y for _, y in points))

    def place(x, y):
        share = (math.log(x) - low) / (high - low) if high > low else 0.5
        return x0 + 14 + share * (width - 28), y0 + height - y / most * height

    parts = [text(x0, y0 - 10, heading, "muted")]
    for quarter in range(0, 5, 2):
        value = most * quarter / 4
        _, y = place(xs[0], value)
        parts += [line(x0, y, x0 + width, y, "grid"), text(x0 - 6, y + 4, form.format(value), "muted", "end")]
    for x in xs:
        parts.append(text(place(x, 0)[0], y0 + height + 17, short(x), "muted", "middle"))
    for number, (label, some) in enumerate(series):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in some))
        parts.append(f'<polyline points="{path}" class="line s{number}"/>')
        for point in some:
            x, y = place(*point)
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" class="d{number}"/>')
        parts.append(f'<circle cx="{x0 + 6 + number * 110}" cy="{y0 + height + 32}" r="4" class="d{number}"/>')
        parts.append(text(x0 + 15 + number * 110, y0 + height + 36, label, "muted"))
    return parts


def panels(title, some, form="{:,.0f}"):
    """`some`: (heading, series), two in a row."""
    width, height = 300, 150
    parts = []
    for number, (heading, series) in enumerate(some):
        x = 60 + number % 2 * (width + 70)
        y = 70 + number // 2 * (height + 92)
        parts += panel(x, y, width, height, heading, series, form)
    rows = (len(some) + 1) // 2
    return page(title, WIDTH, 66 + rows * (height + 92) - 30, parts)
