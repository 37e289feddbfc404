#include "common/base/utf8_text.h"

#include <algorithm>

namespace headcount {

size_t Utf8CharacterBytes(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80U) return 1;
  const size_t bytes = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : 2;
  if (first < 0xC2U || first > 0xF4U || text.size() < bytes) return 0;
  if (!std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(bytes), IsUtf8Continuation)) return 0;
  // The second byte shows overlong forms, halves of surrogate pairs and code points beyond Unicode.
  const auto second = static_cast<unsigned char>(text[1]);
  if ((first == 0xE0U && second < 0xA0U) || (first == 0xEDU && second > 0x9FU)) return 0;
  if ((first == 0xF0U && second < 0x90U) || (first == 0xF4U && second > 0x8FU)) return 0;
  return bytes;
}

}  // namespace headcount
