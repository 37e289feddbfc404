// A walk over text that may be JSON, by its brackets and strings alone: it takes whatever comes, never looks past the
// end, and needs no stack for nesting. For what is said about frames that no parser takes (frame_shape.h); nothing is
// decided by it. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace headcount::json_walk {

// As both are written: a key without its quotes, a value from its first byte to its last.
struct Member {
  std::string_view key;
  std::string_view value;
};

// Without white space of JSON at both ends.
std::string_view Trimmed(std::string_view text);
// What stands between the quotes of the string at the beginning of `text`; nothing: it is none, or does not end.
std::optional<std::string_view> StringAt(std::string_view text);
// Characters of a string between its quotes: an escape is one, and so are the bytes of one in UTF-8.
size_t CharactersIn(std::string_view inside);
// Whether the key means this name once it is unescaped.
bool IsNamed(const Member& member, std::string_view name);

// Members of the object that `text` begins with, in order, up to where the text ends or makes no sense. Those of the
// objects in it are not among them.
std::vector<Member> MembersOf(std::string_view text);
// Whether a key of this name stands anywhere in it, however deep.
bool HasKey(std::string_view text, std::string_view name);

struct Outline {
  size_t values = 0;           // that follow each other; 2: there are more than one
  bool is_closed = true;       // every bracket and string that begins ends too
  bool quotes_singly = false;  // a single quote stands where a key or a value begins
};
Outline OutlineOf(std::string_view text);

// "NaN", "Infinity" or "undefined", where it stands for a value; null: none does.
const char* BareWord(std::string_view text);

}  // namespace headcount::json_walk
