// Looks at one UTF-8 character at a time. Callers use it for texts of foreign origin that go to a place where only
// valid UTF-8 may stand. Pure; every process uses it.
#pragma once

#include <cstddef>
#include <string_view>

namespace headcount {

// The length in bytes of the character at the start of `text`, by RFC 3629; 0: no valid character is there. `text` is
// not empty.
size_t Utf8CharacterBytes(std::string_view text);

// True for a byte that continues a character and cannot begin one.
inline bool IsUtf8Continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace headcount
