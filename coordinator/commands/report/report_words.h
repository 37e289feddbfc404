// Gives the name of a report's windows: minutes if they last a minute. Pure; runs in `headcount report`.
#pragma once

#include <cstdint>
#include <string>

#include "coordinator/commands/report/buckets.h"
#include "coordinator/commands/report/html_text.h"

namespace headcount {

struct WindowWords {
  const char* one;    // "minute"
  const char* many;   // "minutes"
  const char* title;  // "Minute"

  static WindowWords Of(int64_t window_s) {
    if (window_s == 60) return {"minute", "minutes", "Minute"};
    return {"window", "windows", "Window"};
  }
};

// "hour", "15 minutes": as in "every hour".
inline std::string BucketName(int64_t bucket_s) {
  const std::string span = SpanText(bucket_s);
  return span.substr(0, 2) == "1 " && span.find(' ', 2) == std::string::npos ? span.substr(2) : span;
}

}  // namespace headcount
