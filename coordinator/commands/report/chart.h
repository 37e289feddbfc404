// Draws a chart of a report: bars as inline SVG, with numbers and times beside it as HTML. The HTML keeps its size
// whatever the page's width. Pure; runs in `headcount report`. The chart needs no script; a bar shows its numbers when
// the pointer is on it.
//
// The unit across is a column, and the unit down a thousandth of the height. Below the base a strip marks missing
// minutes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace headcount {

// Part of a bar. `kind` is a class of the style sheet: "users", "late".
struct ChartPart {
  const char* kind;
  uint64_t from;
  uint64_t to;
};

struct ChartBar {
  size_t column;
  std::vector<ChartPart> parts;  // a later one covers an earlier one
  std::string title;             // not escaped
};

// Adjacent columns in which minutes are missing.
struct ChartGap {
  size_t from;
  size_t to;          // exclusive
  bool whole;         // whether all minutes of the columns are missing
  std::string title;  // not escaped
};

struct ChartMark {
  double place;  // 0 to 1, from the left
  std::string label;
};

struct Chart {
  std::string label;  // what the chart shows, for a reader who cannot see it; not escaped
  size_t columns = 1;
  uint64_t most = 0;  // the value of the tallest bar
  std::vector<ChartBar> bars;
  std::vector<ChartGap> gaps;
  std::vector<ChartMark> marks;
};

std::string ChartHtml(const Chart& chart);

}  // namespace headcount
