// The rules for the text of a frame's `ts` and `uid`. Every decoder answers by them, in whatever way it parses. Pure;
// runs in the workers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/types.h"

namespace headcount {

// `value` is the number that the digits mean.
std::optional<EventTime> TsOfInteger(uint64_t value);
// `text` is a JSON number, already checked against the grammar: "1468244400", "1.4e9", "-0.0".
std::optional<EventTime> TsOfNumber(std::string_view text);
// `text` is a JSON string's content, after unescaping.
std::optional<EventTime> TsOfString(std::string_view text);

// `text` is a JSON number, already checked against the grammar. An integer is its own uid: "123", "-0".
bool IsUidNumber(std::string_view text);
bool IsUidString(std::string_view text);

}  // namespace headcount
