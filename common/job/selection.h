// What decides which time and which id a frame has: as one text, and as a short hash of it. It is committed beside the
// offsets, so that a start can tell that frames would be read otherwise than before. Pure; runs in the writer.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/types.h"

namespace headcount {

struct RunOptions;

using SelectionHash = Id<struct SelectionTag, uint32_t>;

// One line an option. What is left at its default has no line, but for the first two: so a later headcount, which
// knows more of these options, makes the same text of the same job.
std::string SelectionText(const RunOptions& options);

// XXH32 of that text.
SelectionHash HashOf(const std::string& selection_text);

// Eight hex digits.
std::string Name(SelectionHash hash);

}  // namespace headcount
