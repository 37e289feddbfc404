// Walks over text that may be JSON, by its brackets and strings alone. It accepts any bytes, never looks past the end,
// and needs no stack for nesting. frame_shape.h describes with it frames that every parser rejects; no verdict depends
// on it. Pure; runs in the workers.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace headcount::json_walk {

// Both as written: a key without its quotes, a value from its first byte to its last.
struct Member {
  std::string_view key;
  std::string_view value;
};

// `text` without JSON's white space at both ends.
std::string_view Trimmed(std::string_view text);
// The text between the quotes of the string at the beginning of `text`; nothing: no string, or one without an end.
std::optional<std::string_view> StringAt(std::string_view text);
// The characters of a string, given the text between its quotes. An escape is one character, and so are the bytes of a
// UTF-8 character.
size_t CharactersIn(std::string_view inside);
// Whether the key, once unescaped, is this name.
bool IsNamed(const Member& member, std::string_view name);

// The members of the object at the beginning of `text`, in order, without those of nested objects. It stops where the
// text ends or makes no sense.
std::vector<Member> MembersOf(std::string_view text);
// Whether a key of this name stands anywhere in `text`, however deep.
bool HasKey(std::string_view text, std::string_view name);

struct Outline {
  size_t values = 0;           // consecutive values; 2: two or more
  bool is_closed = true;       // every bracket and string that begins also ends
  bool quotes_singly = false;  // a key or a value begins with a single quote
};
Outline OutlineOf(std::string_view text);

// The first of "NaN", "Infinity", either with a minus, and "undefined" that stands for a value; null: none does.
const char* FirstNonJsonLiteral(std::string_view text);

}  // namespace headcount::json_walk
