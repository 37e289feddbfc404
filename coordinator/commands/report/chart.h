// A chart of a report: bars as inline SVG, and the numbers and times beside it as HTML, so that they keep their size
// however wide the page is. Pure. Nothing in it needs a script; a bar that is pointed at says its numbers.
//
// Drawn in columns across and in thousandths of the height down. Below the base there is a strip for what is missing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace headcount {

// Part of a bar. `kind` is a word of the style sheet: "users", "late".
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

// Columns in a row in which minutes are missing.
struct ChartGap {
  size_t from;
  size_t to;          // exclusive
  bool whole;         // all minutes of them
  std::string title;  // not escaped
};

struct ChartMark {
  double place;  // 0 to 1, from the left
  std::string label;
};

struct Chart {
  std::string label;  // what it shows, for who cannot see it; not escaped
  size_t columns = 1;
  uint64_t most = 0;  // what the tallest bar shows
  std::vector<ChartBar> bars;
  std::vector<ChartGap> gaps;
  std::vector<ChartMark> marks;
};

std::string ChartHtml(const Chart& chart);

}  // namespace headcount
