// Writes the page of `headcount report`: one HTML file that loads nothing and has no script. It is readable in light
// and dark, on a phone and on paper. Pure: the same minutes give the same page. Runs in `headcount report`.
#pragma once

#include <cstdint>
#include <string>

#include "coordinator/commands/report/report_minutes.h"

namespace headcount {

struct ReportSubject {
  std::string source;     // what was read: "topic event_metrics", "file minutes.jsonl"; not escaped
  std::string program;    // "headcount 1.0.0"
  int64_t made_at_s = 0;  // wall clock
  ReportRange range;      // what the user asked for
};

std::string ReportPage(const ReportMinutes& report, const ReportSubject& subject);

}  // namespace headcount
