// A strict reader of JSON texts into a tree: slow, plain and our own, so that what is tested never checks
// itself. Runs in tests and in the tools beside them.
//
// It takes exactly what RFC 8259 calls a JSON text, in valid UTF-8 (RFC 3629), with white space around one
// value. A byte order mark, an unpaired surrogate escape and more than `max_depth` containers are refused.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headcount::test {

struct JsonValue {
  enum class Kind { kNull, kTrue, kFalse, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  std::string text;               // of a number: as it was written; of a string: after unescaping
  std::vector<std::string> keys;  // of an object: the key of each item, after unescaping, repeated ones included
  std::vector<JsonValue> items;   // of an array or an object, in their order

  // The last item under that key, or null.
  const JsonValue* Find(std::string_view key) const;
};

std::optional<JsonValue> ReadJson(std::string_view bytes, size_t max_depth = 512);

bool IsValidUtf8(std::string_view bytes);

}  // namespace headcount::test
