// One character of UTF-8 at a time, for texts of anybody's that are to be written where only valid ones may stand.
// Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace headcount {

// How many bytes the character that `text` begins with has, as RFC 3629 allows them; 0: it begins with none. `text` is
// not empty.
size_t Utf8CharacterBytes(std::string_view text);

// No character begins with it.
inline bool IsUtf8Continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace headcount
