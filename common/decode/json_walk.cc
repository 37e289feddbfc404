#include "common/decode/json_walk.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace headcount::json_walk {
namespace {

// More members than a frame has that a user reads.
constexpr size_t kMaxMembers = 1'000;

constexpr std::string_view kSpace = " \t\r\n";

bool IsSpace(char c) { return kSpace.find(c) != std::string_view::npos; }
bool Opens(char c) { return c == '{' || c == '['; }
bool Closes(char c) { return c == '}' || c == ']'; }

// The index after the string that begins at `at`; nothing: it does not end.
std::optional<size_t> EndOfString(std::string_view text, size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return std::nullopt;
}

size_t SkipSpace(std::string_view text, size_t at) {
  while (at < text.size() && IsSpace(text[at])) ++at;
  return at;
}

// The index after the value that begins at `at`; nothing: it does not end, or no value begins there.
std::optional<size_t> EndOfValue(std::string_view text, size_t at) {
  if (at >= text.size()) return std::nullopt;
  if (text[at] == '"') return EndOfString(text, at);
  if (!Opens(text[at])) {
    const size_t end = std::min(text.find_first_of(",]} \t\r\n", at), text.size());
    return end == at ? std::nullopt : std::optional<size_t>(end);
  }
  for (size_t depth = 0; at < text.size();) {
    if (text[at] == '"') {
      const std::optional<size_t> end = EndOfString(text, at);
      if (!end) return std::nullopt;
      at = *end;
      continue;
    }
    if (Opens(text[at])) ++depth;
    if (Closes(text[at]) && --depth == 0) return at + 1;
    ++at;
  }
  return std::nullopt;
}

int32_t HexOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The escape at the beginning of `text`: its character if that is ASCII, and its length.
struct Escape {
  char means;
  size_t bytes;
};
Escape EscapeAt(std::string_view text) {
  constexpr size_t kUnicodeBytes = 6;
  constexpr int32_t kAscii = 128;
  if (text.size() < 2) return {'?', text.size()};
  if (text[1] != 'u') return {std::string_view("\"\\/").find(text[1]) < 3 ? text[1] : '?', 2};
  if (text.size() < kUnicodeBytes) return {'?', text.size()};
  int32_t code = 0;
  for (size_t i = 2; i < kUnicodeBytes; ++i) {
    const int32_t hex = HexOf(text[i]);
    if (hex < 0) return {'?', kUnicodeBytes};
    code = code * 16 + hex;
  }
  return {code < kAscii ? static_cast<char>(code) : '?', kUnicodeBytes};
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::optional<std::string_view> StringAt(std::string_view text) {
  if (text.empty() || text.front() != '"') return std::nullopt;
  const std::optional<size_t> end = EndOfString(text, 0);
  if (!end) return std::nullopt;
  return text.substr(1, *end - 2);
}

size_t CharactersIn(std::string_view inside) {
  size_t characters = 0;
  for (size_t at = 0; at < inside.size(); ++characters) {
    if (inside[at] == '\\') {
      at += EscapeAt(inside.substr(at)).bytes;
      continue;
    }
    for (++at; at < inside.size() && (static_cast<uint8_t>(inside[at]) & 0xC0) == 0x80;) ++at;
  }
  return characters;
}

bool IsNamed(const Member& member, std::string_view name) {
  if (member.key.find('\\') == std::string_view::npos) return member.key == name;
  std::string plain;
  for (size_t at = 0; at < member.key.size() && plain.size() <= name.size();) {
    if (member.key[at] != '\\') {
      plain += member.key[at++];
      continue;
    }
    const Escape escape = EscapeAt(member.key.substr(at));
    plain += escape.means;
    at += escape.bytes;
  }
  return plain == name;
}

std::vector<Member> MembersOf(std::string_view text) {
  std::vector<Member> members;
  size_t at = SkipSpace(text, 0);
  if (at >= text.size() || text[at] != '{') return members;
  ++at;
  while (members.size() < kMaxMembers) {
    at = SkipSpace(text, at);
    const std::optional<std::string_view> key = StringAt(text.substr(std::min(at, text.size())));
    if (!key) break;
    at = SkipSpace(text, at + key->size() + 2);
    if (at >= text.size() || text[at] != ':') break;
    at = SkipSpace(text, at + 1);
    const std::optional<size_t> end = EndOfValue(text, at);
    if (!end) break;
    members.push_back({*key, text.substr(at, *end - at)});
    at = SkipSpace(text, *end);
    if (at >= text.size() || text[at] != ',') break;
    ++at;
  }
  return members;
}

bool HasKey(std::string_view text, std::string_view name) {
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '"') {
      ++at;
      continue;
    }
    const std::optional<size_t> end = EndOfString(text, at);
    if (!end) return false;
    const size_t behind = SkipSpace(text, *end);
    const bool is_key = behind < text.size() && text[behind] == ':';
    if (is_key && IsNamed({text.substr(at + 1, *end - at - 2), {}}, name)) return true;
    at = *end;
  }
  return false;
}

Outline OutlineOf(std::string_view text) {
  Outline outline;
  for (size_t at = SkipSpace(text, 0); at < text.size() && outline.values < 2; at = SkipSpace(text, at)) {
    const std::optional<size_t> end = EndOfValue(text, at);
    if (!end) {
      // A closing bracket or a separator without an opening bracket is wrong, but not cut off.
      outline.is_closed = !Opens(text[at]) && text[at] != '"';
      break;
    }
    ++outline.values;
    at = *end;
  }
  const size_t first = text.find_first_not_of("{[ \t\r\n");
  outline.quotes_singly = first != std::string_view::npos && first > 0 && text[first] == '\'';
  // Words after each other are text, not values.
  const bool begins_like_json = !text.empty() && (Opens(text.front()) || text.front() == '"');
  if (!begins_like_json) outline.values = std::min<size_t>(outline.values, 1);
  return outline;
}

const char* FirstNonJsonLiteral(std::string_view text) {
  constexpr std::array<const char*, 5> kWords = {"NaN", "Infinity", "-Infinity", "-NaN", "undefined"};
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      const std::optional<size_t> end = EndOfString(text, at);
      if (!end) return nullptr;
      at = *end;
      continue;
    }
    if (text[at] != ':' && text[at] != ',' && text[at] != '[') {
      ++at;
      continue;
    }
    at = SkipSpace(text, at + 1);
    for (const char* const word : kWords) {
      if (text.compare(at, std::string_view(word).size(), word) == 0) return word;
    }
  }
  return nullptr;
}

}  // namespace headcount::json_walk
