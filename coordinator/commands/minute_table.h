// Published minutes as rows of a table, with a bar for their users: for `headcount status` and `headcount tail`. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "common/records/published_minute.h"

namespace headcount {

// At most 80 columns each, with a line end.
std::string MinuteTableHead(int64_t window_s);
// `most`: the users that fill the bar.
std::string MinuteTableRow(const PublishedMinute& minute, uint64_t most);

}  // namespace headcount
