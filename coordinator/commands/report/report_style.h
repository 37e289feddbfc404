// The style sheet of a report, a constant. A test checks the contrast of its texts in a browser, in light and dark:
// tests/integration/report_browser.py. Runs in `headcount report`.
#pragma once

#include <string_view>

namespace headcount {

// The colours are those of Okabe and Ito, who chose them for eyes that confuse red and green. They are darker or
// lighter where a surface needs it.
inline constexpr std::string_view kReportStyle = R"(:root{color-scheme:light dark;
--page:#f5f6f8;--card:#fff;--line:#e3e6ea;--grid:#e9ecf0;--ink:#1b2028;--soft:#565f6b;
--users:#0072b2;--users-most:#a8cfe8;--events:#00805f;--events-most:#a3d6c5;
--late:#e69f00;--invalid:#d55e00;--future:#b0619a;--band:#f6e7de;--warn:#fdf1e3;--edge:#d55e00}
@media screen and (prefers-color-scheme:dark){:root{
--page:#101317;--card:#191d23;--line:#2b3139;--grid:#262b33;--ink:#e8ebef;--soft:#a4adb8;
--users:#56b4e9;--users-most:#27516b;--events:#2fbf96;--events-most:#1d5646;
--late:#e69f00;--invalid:#e8703a;--future:#cc79a7;--band:#33241d;--warn:#2c221a;--edge:#e8703a}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;
font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:32px 20px 48px}
h1{font-size:1.65rem;line-height:1.25;font-weight:650;letter-spacing:-.01em;margin:0}
h2{font-size:1.05rem;font-weight:650;margin:0}
p{margin:4px 0 0}
.soft,dt,footer{color:var(--soft)}
.about{overflow-wrap:anywhere}
.remarks{background:var(--warn);border-left:4px solid var(--edge);border-radius:6px;padding:12px 16px;margin:20px 0 0}
.remarks ul,.gaps ul{margin:6px 0 0;padding-left:20px}
.numbers{display:grid;grid-template-columns:repeat(3,1fr);gap:12px;margin:24px 0 0}
.numbers div,section{background:var(--card);border:1px solid var(--line);border-radius:10px}
.numbers div{padding:14px 16px}
dt{font-size:.87rem}
dd{margin:0}
dd.big{font-size:1.75rem;line-height:1.3;font-weight:650;letter-spacing:-.02em}
dd.more{font-size:.87rem;color:var(--soft)}
section{margin:12px 0 0;padding:16px 18px}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;font-size:.87rem;color:var(--soft)}
.key{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px;background:currentColor;
-webkit-print-color-adjust:exact;print-color-adjust:exact}
.key.users{color:var(--users)}.key.users-most{color:var(--users-most)}
.key.events{color:var(--events)}.key.events-most{color:var(--events-most)}
.key.late{color:var(--late)}.key.invalid{color:var(--invalid)}.key.future{color:var(--future)}
.key.none{color:var(--band);border-bottom:3px solid var(--edge)}
.plot{position:relative;padding:0 8px 24px 62px;margin-top:14px}
.plot svg{display:block;width:100%;height:180px;overflow:visible}
.values{position:absolute;left:0;top:0;width:54px;height:180px}
.values span{position:absolute;right:0;transform:translateY(-50%)}
.times{position:absolute;left:62px;right:8px;bottom:0;height:20px}
.times span{position:absolute;transform:translateX(-50%)}
.values span,.times span{font-size:12px;line-height:16px;color:var(--soft);white-space:nowrap}
.grid{stroke:var(--grid);stroke-width:1px;fill:none;vector-effect:non-scaling-stroke}
.dense{shape-rendering:crispEdges}
.hit{fill:transparent}
.bar:hover .hit{fill:var(--ink);fill-opacity:.09}
.bar .users{fill:var(--users)}.bar .users-most{fill:var(--users-most)}
.bar .events{fill:var(--events)}.bar .events-most{fill:var(--events-most)}
.bar .late{fill:var(--late)}.bar .invalid{fill:var(--invalid)}.bar .future{fill:var(--future)}
.gap .band{fill:var(--band)}.gap .strip{fill:var(--edge)}
.table{overflow-x:auto;margin-top:8px}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{padding:3px 8px;text-align:right;font-weight:400;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-size:.87rem;vertical-align:bottom}
th:first-child{text-align:left}
.day th{font-weight:650;padding-top:12px}
.zero{color:var(--soft)}
.missing td{text-align:left;background:var(--band);color:var(--ink);
-webkit-print-color-adjust:exact;print-color-adjust:exact}
footer{font-size:.87rem;margin-top:24px;max-width:75ch}
@media(max-width:600px){main{padding:20px 12px 32px}h1{font-size:1.35rem}
.numbers{grid-template-columns:1fr 1fr;gap:8px}.numbers div{padding:10px 12px}dd.big{font-size:1.3rem}
section{padding:12px}.plot{padding-left:52px}.values{width:46px}.times{left:52px}.times .odd{display:none}
th,td{padding:3px 4px}table{font-size:.8rem}thead th,.day th{font-size:.8rem}}
@media print{body{background:#fff;font-size:11px}main{max-width:none;padding:0}
.numbers div,section,.plot,tr{break-inside:avoid}.table{overflow:visible}section.rows{border:0;padding:12px 0}}
)";

}  // namespace headcount
