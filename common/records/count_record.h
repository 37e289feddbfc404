// The record of one finished window, in the form that the output topic (or stdout) receives. Pure. The writer makes it;
// the commands of the coordinator's program read it back.
//
// Key: the start of the window in unix seconds, as text, so that a compacted topic keeps one record for each minute.
// Value: one JSON object on one line, without a line end, its fields always in this order:
//   {"window_start":1468244400,"window_end":1468244460,"minute":"2016-07-11T13:40:00Z","unique_users":41130,
//    "events":59983,"late":0,"invalid":0,"future":0,"method":"exact","error":0.0,"revision":0}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/types.h"
#include "common/records/verdict.h"

namespace headcount {

struct CountRecord {
  WindowStart start;
  int64_t window_s = 0;
  uint64_t unique_users = 0;
  VerdictCounts counts;  // attributed to this window; the record's "events" are the counted ones
};

std::string KeyText(const CountRecord& record);
std::string ValueText(const CountRecord& record);

// Parses a record of the output topic; nothing if `value` is no such record. The record does not hold the reasons of
// invalid frames, so all of them are counted under the first reason.
std::optional<CountRecord> ParseCountRecord(std::string_view value);
// Why no headcount can have written this record, though it may look like one; empty: no objection. `key` is nothing if
// the record comes without one, for example from a file.
std::string WhyForeign(std::optional<std::string_view> key, std::string_view value);

}  // namespace headcount
