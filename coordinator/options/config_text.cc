#include "coordinator/options/config_text.h"

#include <algorithm>
#include <cstring>

namespace headcount {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool IsKeyCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool IsBlankOrComment(std::string_view text) {
  text = Trimmed(text);
  return text.empty() || text.front() == '#';
}

// A value without quotes ends before a # that follows a blank or begins the text.
std::string_view UpToComment(std::string_view text) {
  for (size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
    if (at == 0 || kBlanks.find(text[at - 1]) != std::string_view::npos) return Trimmed(text.substr(0, at));
  }
  return text;
}

// `text` begins with a quote. Returns the error, or null.
const char* TakeQuoted(std::string_view text, std::string* value) {
  const char quote = text.front();
  size_t at = 1;
  for (; at < text.size() && text[at] != quote; ++at) {
    char c = text[at];
    if (quote == '"' && c == '\\') {
      const char escaped = ++at < text.size() ? text[at] : '\0';
      if (escaped != '"' && escaped != '\\' && escaped != 'n') {
        return "after a backslash in double quotes comes \", \\ or n; in single quotes a backslash is itself";
      }
      c = escaped == 'n' ? '\n' : escaped;
    }
    *value += c;
  }
  if (at >= text.size()) return "the closing quote is missing";
  return IsBlankOrComment(text.substr(at + 1)) ? nullptr : "something stands behind the closing quote";
}

// `line` is neither blank nor a comment. Returns the error, or null.
const char* ParseLine(std::string_view line, ConfigLine* out) {
  const size_t equals = line.find('=');
  const std::string_view key = Trimmed(line.substr(0, equals));
  const bool is_key = !key.empty() && std::all_of(key.begin(), key.end(), IsKeyCharacter);
  if (equals == std::string_view::npos || !is_key) return "KEY = VALUE is needed, such as window = 60s";
  out->key = key;
  const std::string_view rest = Trimmed(line.substr(equals + 1));
  out->quoted = !rest.empty() && (rest.front() == '"' || rest.front() == '\'');
  if (out->quoted) return TakeQuoted(rest, &out->value);
  out->value = UpToComment(rest);
  return out->value.empty() ? "a value is needed" : nullptr;
}

bool IsPlain(char c) {
  return IsKeyCharacter(c) || (c != '\0' && std::strchr("/:,+@%~=;()[]|!?*&<>$^{}", c) != nullptr);
}

}  // namespace

Result<std::vector<ConfigLine>> ParseConfigText(const std::string& path, std::string_view text) {
  std::vector<ConfigLine> lines;
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (IsBlankOrComment(line)) continue;
    ConfigLine& parsed = lines.emplace_back();
    parsed.number = number;
    const char* wrong = ParseLine(line, &parsed);
    if (wrong == nullptr && line.find('\0') != std::string_view::npos) wrong = "it holds a NUL byte: is this a text?";
    if (wrong == nullptr) continue;
    const std::string place = path + ":" + std::to_string(number) + ": ";
    return Error{ExitCode::kUsage, place + (parsed.key.empty() ? "" : parsed.key + ": ") + wrong};
  }
  return lines;
}

std::string ConfigValue(const std::string& value) {
  if (!value.empty() && std::all_of(value.begin(), value.end(), IsPlain)) return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return quoted + "\"";
}

}  // namespace headcount
