#include "tests/support/json_reader.h"

#include <cstdint>
#include <utility>

namespace headcount::test {
namespace {

using Kind = JsonValue::Kind;

bool IsDigit(int c) { return c >= '0' && c <= '9'; }

void AppendUtf8(uint32_t code, std::string* out) {
  const auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// Recursive descent, one function a rule of the grammar. Each returns whether its rule matched; after a
// mismatch the position means nothing. Recursion is bounded by the depth that is allowed.
class Reader {
 public:
  Reader(std::string_view bytes, size_t max_depth) : bytes_(bytes), max_depth_(max_depth) {}

  bool Text(JsonValue* out) {
    SkipSpace();
    if (!Value(out)) return false;
    SkipSpace();
    return at_ == bytes_.size();
  }

 private:
  static constexpr int kEnd = -1;

  int Peek() const { return at_ < bytes_.size() ? static_cast<unsigned char>(bytes_[at_]) : kEnd; }

  bool Take(char c) {
    if (Peek() != static_cast<unsigned char>(c)) return false;
    ++at_;
    return true;
  }

  bool Word(std::string_view word) {
    if (bytes_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  void SkipSpace() {
    while (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r') ++at_;
  }

  bool Value(JsonValue* out) {
    switch (Peek()) {
      case '{': return Nested(out, &Reader::Object);
      case '[': return Nested(out, &Reader::Array);
      case '"': out->kind = Kind::kString; return String(&out->text);
      case 't': out->kind = Kind::kTrue; return Word("true");
      case 'f': out->kind = Kind::kFalse; return Word("false");
      case 'n': out->kind = Kind::kNull; return Word("null");
      default: return Number(out);
    }
  }

  bool Nested(JsonValue* out, bool (Reader::*rule)(JsonValue*)) {
    if (depth_ == max_depth_) return false;
    ++depth_;
    const bool matched = (this->*rule)(out);
    --depth_;
    return matched;
  }

  bool Object(JsonValue* out) {
    out->kind = Kind::kObject;
    if (!Take('{')) return false;
    SkipSpace();
    if (Take('}')) return true;
    do {
      SkipSpace();
      out->keys.emplace_back();
      if (!String(&out->keys.back())) return false;
      SkipSpace();
      if (!Take(':') || !Item(out)) return false;
    } while (Take(','));
    return Take('}');
  }

  bool Array(JsonValue* out) {
    out->kind = Kind::kArray;
    if (!Take('[')) return false;
    SkipSpace();
    if (Take(']')) return true;
    do {
      if (!Item(out)) return false;
    } while (Take(','));
    return Take(']');
  }

  bool Item(JsonValue* out) {
    SkipSpace();
    out->items.emplace_back();
    if (!Value(&out->items.back())) return false;
    SkipSpace();
    return true;
  }

  bool Number(JsonValue* out) {
    const size_t begin = at_;
    Take('-');
    if (!Take('0') && !Digits()) return false;
    if (Take('.') && !Digits()) return false;
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      if (!Digits()) return false;
    }
    out->kind = Kind::kNumber;
    out->text = std::string(bytes_.substr(begin, at_ - begin));
    return true;
  }

  bool Digits() {
    if (!IsDigit(Peek())) return false;
    while (IsDigit(Peek())) ++at_;
    return true;
  }

  bool String(std::string* out) {
    if (!Take('"')) return false;
    while (!Take('"')) {
      const int c = Peek();
      if (c < 0x20) return false;  // a control character, or the end of the text
      ++at_;
      if (c != '\\') {
        out->push_back(static_cast<char>(c));
      } else if (!Escape(out)) {
        return false;
      }
    }
    return true;
  }

  bool Escape(std::string* out) {
    const int c = Peek();
    ++at_;
    switch (c) {
      case '"':
      case '\\':
      case '/': out->push_back(static_cast<char>(c)); return true;
      case 'b': out->push_back('\b'); return true;
      case 'f': out->push_back('\f'); return true;
      case 'n': out->push_back('\n'); return true;
      case 'r': out->push_back('\r'); return true;
      case 't': out->push_back('\t'); return true;
      case 'u': return UnicodeEscape(out);
      default: return false;
    }
  }

  // Behind "\u". A high surrogate must be followed by the escape of a low one, and only there may a low one be.
  bool UnicodeEscape(std::string* out) {
    uint32_t code = 0;
    if (!FourHexDigits(&code)) return false;
    if (code >= 0xDC00 && code <= 0xDFFF) return false;
    if (code >= 0xD800 && code <= 0xDBFF) {
      uint32_t low = 0;
      if (!Word("\\u") || !FourHexDigits(&low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    AppendUtf8(code, out);
    return true;
  }

  bool FourHexDigits(uint32_t* code) {
    for (int i = 0; i < 4; ++i) {
      const int c = Peek();
      int digit = 0;
      if (IsDigit(c))
        digit = c - '0';
      else if (c >= 'a' && c <= 'f')
        digit = c - 'a' + 10;
      else if (c >= 'A' && c <= 'F')
        digit = c - 'A' + 10;
      else
        return false;
      ++at_;
      *code = *code * 16 + static_cast<uint32_t>(digit);
    }
    return true;
  }

  const std::string_view bytes_;
  const size_t max_depth_;
  size_t at_ = 0;
  size_t depth_ = 0;
};

}  // namespace

const JsonValue* JsonValue::Find(std::string_view key) const {
  for (size_t i = keys.size(); i > 0; --i) {
    if (keys[i - 1] == key) return &items[i - 1];
  }
  return nullptr;
}

std::optional<JsonValue> ReadJson(std::string_view bytes, size_t max_depth) {
  if (!IsValidUtf8(bytes)) return std::nullopt;
  JsonValue value;
  if (!Reader(bytes, max_depth).Text(&value)) return std::nullopt;
  return value;
}

bool IsValidUtf8(std::string_view bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    size_t length = 0;
    uint32_t code = 0;
    if (first < 0x80)
      length = 1, code = first;
    else if ((first & 0xE0) == 0xC0)
      length = 2, code = first & 0x1F;
    else if ((first & 0xF0) == 0xE0)
      length = 3, code = first & 0x0F;
    else if ((first & 0xF8) == 0xF0)
      length = 4, code = first & 0x07;
    else
      return false;
    if (bytes.size() - at < length) return false;
    for (size_t i = 1; i < length; ++i) {
      const auto next = static_cast<unsigned char>(bytes[at + i]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3F);
    }
    // Each code point has one encoding, the shortest; surrogates and what lies past U+10FFFF have none.
    static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    at += length;
  }
  return true;
}

}  // namespace headcount::test
