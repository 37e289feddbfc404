// Which time and which id the worker takes from a frame, as a text and as a short hash of it. The writer commits the
// hash beside the offsets. A start compares it, to detect that frames would be read in another way than before. Pure;
// runs in the writer.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/types.h"

namespace headcount {

struct RunOptions;

using SelectionHash = Id<struct SelectionTag, uint32_t>;

// One line for each option. An option at its default has no line, except the first two. So a later headcount, with more
// of these options, makes the same text for the same job.
std::string SelectionText(const RunOptions& options);

// XXH32 of that text.
SelectionHash HashOf(const std::string& selection_text);

// Eight hex digits.
std::string Name(SelectionHash hash);

}  // namespace headcount
