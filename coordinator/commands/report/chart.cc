#include "coordinator/commands/report/chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "coordinator/commands/report/axis.h"
#include "coordinator/commands/report/html_text.h"
#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

constexpr double kHeight = 1000;
constexpr double kStrip = 30;  // for missing minutes, below the base
// From this many columns on, bars have no space between them: it would be narrower than a dot of the screen.
constexpr size_t kDenseColumns = 180;

// Two decimals at most, without trailing zeros: a page holds thousands of these numbers.
std::string Number(double number) {
  char text[40];
  snprintf(text, sizeof text, "%.2f", number);
  std::string shortened = text;
  shortened.erase(shortened.find_last_not_of('0') + 1);
  if (shortened.back() == '.') shortened.pop_back();
  return shortened;
}

std::string Rect(const std::string& kind, double x, double y, double width, double height) {
  return "<rect class=\"" + kind + "\" x=\"" + Number(x) + "\" y=\"" + Number(y) + "\" width=\"" + Number(width) +
         "\" height=\"" + Number(height) + "\"/>";
}

std::string Titled(const std::string& kind, const std::string& title, const std::string& shapes) {
  return "<g class=\"" + kind + "\"><title>" + Escaped(title) + "</title>" + shapes + "</g>\n";
}

double YOf(uint64_t value, double top) { return kHeight * (1 - static_cast<double>(value) / top); }

std::string BarHtml(const ChartBar& bar, double top, bool dense) {
  const auto column = static_cast<double>(bar.column);
  // The whole column reacts to the pointer, so that a low bar can be pointed at too.
  std::string shapes = Rect("hit", column, 0, 1, kHeight);
  const double margin = dense ? 0 : 0.1;
  for (const ChartPart& part : bar.parts) {
    if (part.to <= part.from) continue;
    const double y = YOf(part.to, top);
    shapes += Rect(part.kind, column + margin, y, 1 - 2 * margin, YOf(part.from, top) - y);
  }
  return Titled("bar", bar.title, shapes);
}

std::string GapHtml(const ChartGap& gap) {
  const auto from = static_cast<double>(gap.from);
  const double width = static_cast<double>(gap.to) - from;
  const std::string band = gap.whole ? Rect("band", from, 0, width, kHeight) : "";
  return Titled("gap", gap.title, band + Rect("strip", from, kHeight, width, kStrip));
}

std::string Lines(const std::vector<double>& heights, const std::vector<ChartMark>& marks, double columns) {
  std::string path;
  for (const double y : heights) path += "M0 " + Number(y) + "H" + Number(columns);
  for (const ChartMark& mark : marks) path += "M" + Number(mark.place * columns) + " 0V" + Number(kHeight);
  return "<path class=\"grid\" d=\"" + path + "\"/>\n";
}

}  // namespace

std::string ChartHtml(const Chart& chart) {
  const ValueAxis axis = ValueAxisOf(chart.most);
  const auto columns = static_cast<double>(chart.columns);
  std::vector<double> heights;
  std::string html = "<div class=\"plot\"><div class=\"values\">";
  for (const double mark : axis.marks) {
    heights.push_back(kHeight * (1 - mark / axis.top));
    html += "<span style=\"top:" + Number(heights.back() * 100 / (kHeight + kStrip)) + "%\">" + Short(mark) + "</span>";
  }
  const bool dense = chart.columns >= kDenseColumns;
  html += std::string("</div>\n<svg") + (dense ? " class=\"dense\"" : "") + " viewBox=\"0 0 " + Number(columns) + " " +
          Number(kHeight + kStrip) + "\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"" +
          Escaped(chart.label) + "\">\n" + Lines(heights, chart.marks, columns);
  for (const ChartGap& gap : chart.gaps) html += GapHtml(gap);
  for (const ChartBar& bar : chart.bars) html += BarHtml(bar, axis.top, dense);
  html += "</svg>\n<div class=\"times\">";
  for (size_t i = 0; i < chart.marks.size(); ++i) {
    const ChartMark& mark = chart.marks[i];
    html += std::string("<span") + (i % 2 == 1 ? " class=\"odd\"" : "") + " style=\"left:" + Number(mark.place * 100) +
            "%\">" + Escaped(mark.label) + "</span>";
  }
  return html + "</div></div>\n";
}

}  // namespace headcount
