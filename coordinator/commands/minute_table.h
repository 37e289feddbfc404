// Writes published minutes as rows of a table, with a bar for their users. Pure; runs in `headcount status` and
// `headcount tail`.
#pragma once

#include <cstdint>
#include <string>

#include "common/records/published_minute.h"

namespace headcount {

// At most 80 columns each, with a line end.
std::string MinuteTableHead(int64_t window_s);
// `most`: the number of users that fills the bar.
std::string MinuteTableRow(const PublishedMinute& minute, uint64_t most);

}  // namespace headcount
