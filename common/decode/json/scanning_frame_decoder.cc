#include "common/decode/json/scanning_frame_decoder.h"

#include <cstddef>
#include <cstring>
#include <optional>

#include "common/decode/frame_values.h"
#include "common/decode/leading_digits.h"

namespace headcount {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
// `after_key`: after the closing quote of a root key.
const char* ValueBehind(const char* after_key) {
  const char* at = after_key;
  at += static_cast<size_t>(*at == ':');
  at += static_cast<size_t>(*at == ' ');
  while (IsSpace(*at) || *at == ':') ++at;
  return at;
}

// Whether the byte may stand in a number, among the bytes that may stand in or after one.
bool IsInNumber(char c) { return (c > ',' && c != '}') || c == '+'; }

// The first quote or backslash; the caller knows that there is one. Looks at eight bytes at a time: the subtraction
// borrows from the highest bit of each zero byte. It may also mark a one above a zero, which does no harm, since the
// zero comes first.
const char* FindStringEnd(const char* at, const char* end) {
  constexpr uint64_t kOnes = 0x0101'0101'0101'0101;
  const auto zeros = [](uint64_t bytes) { return (bytes - kOnes) & ~bytes & (kOnes << 7); };
  for (; end - at >= 8; at += 8) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, at, sizeof bytes);
    if ((zeros(bytes ^ kOnes * '"') | zeros(bytes ^ kOnes * '\\')) != 0) break;
  }
  while (*at != '"' && *at != '\\') ++at;
  return at;
}

// `digits`: four hexadecimal digits.
uint32_t CodeUnit(const char* digits) {
  uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = digits[i];
    unit = unit << 4 | static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return unit;
}

char* AppendUtf8(uint32_t character, char* to) {
  const auto byte = [](uint32_t value) { return static_cast<char>(value); };
  if (character < 0x80) {
    *to++ = byte(character);
    return to;
  }
  if (character < 0x800) {
    *to++ = byte(0xC0 | character >> 6);
  } else if (character < 0x10000) {
    *to++ = byte(0xE0 | character >> 12);
    *to++ = byte(0x80 | (character >> 6 & 0x3F));
  } else {
    *to++ = byte(0xF0 | character >> 18);
    *to++ = byte(0x80 | (character >> 12 & 0x3F));
    *to++ = byte(0x80 | (character >> 6 & 0x3F));
  }
  *to++ = byte(0x80 | (character & 0x3F));
  return to;
}

// `at`: after a backslash; the function moves it after the escape.
char* AppendEscape(const char** at, char* to) {
  const char letter = *(*at)++;
  switch (letter) {
    case 'b': *to++ = '\b'; return to;
    case 'f': *to++ = '\f'; return to;
    case 'n': *to++ = '\n'; return to;
    case 'r': *to++ = '\r'; return to;
    case 't': *to++ = '\t'; return to;
    case 'u': break;
    default: *to++ = letter; return to;  // a quote, a slash or a backslash
  }
  uint32_t character = CodeUnit(*at);
  *at += 4;
  if (character >= 0xD800 && character < 0xDC00) {  // the first of a pair: \u and the second follow
    character = 0x10000 + ((character - 0xD800) << 10) + (CodeUnit(*at + 2) - 0xDC00);
    *at += 6;
  }
  return AppendUtf8(character, to);
}

// The result points into `names`.
std::optional<scan::Keys> KeysOf(const FieldNames& names) {
  const FieldNames usual;
  if (names.time == usual.time && names.id == usual.id) return std::nullopt;
  scan::Keys keys = {names.time.data(),
                     static_cast<unsigned>(names.time.size()),
                     names.id.data(),
                     static_cast<unsigned>(names.id.size()),
                     {}};
  for (const std::string* name : {&names.time, &names.id}) {
    for (const char letter : *name) keys.letters[letter >> 6 & 1] |= uint64_t{1} << (letter & 63);
  }
  return keys;
}

}  // namespace

ScanningFrameDecoder::ScanningFrameDecoder(size_t max_frame_bytes, const FieldNames& names, scan::ScanFunction scan)
    : max_frame_bytes_(max_frame_bytes),
      scan_(scan),
      names_(names),
      keys_(KeysOf(names_)),
      reference_(max_frame_bytes, names) {}

bool ScanningFrameDecoder::Decode(std::string_view bytes, DecodedFrame* frame, InvalidReason* reason) {
  const auto invalid = [reason](InvalidReason why) {
    *reason = why;
    return false;
  };
  if (bytes.size() > max_frame_bytes_) return invalid(InvalidReason::kTooLarge);
  const scan::Scan scanned =
      scan_(bytes.data(), bytes.data() + bytes.size(), workspace_.For(bytes.size(), keys_ ? &*keys_ : nullptr));
  if (scanned.verdict == scan::Verdict::kAskReference) return reference_.Decode(bytes, frame, reason);
  if (scanned.verdict == scan::Verdict::kNotJson) return invalid(InvalidReason::kNotJson);
  const char* const end = bytes.data() + bytes.size();

  if (scanned.after_time_key == nullptr) return invalid(InvalidReason::kNoTs);
  const std::optional<EventTime> ts = TsAt(ValueBehind(scanned.after_time_key), end);
  if (!ts) return invalid(InvalidReason::kBadTs);

  if (scanned.after_id_key == nullptr) return invalid(InvalidReason::kNoUid);
  const Value uid = ReadValue(ValueBehind(scanned.after_id_key), end);
  const bool is_uid = (uid.kind == Value::Kind::kNumber && IsUidNumber(uid.text)) ||
                      (uid.kind == Value::Kind::kString && IsUidString(uid.text));
  if (!is_uid) return invalid(InvalidReason::kBadUid);
  *frame = {*ts, uid.text};
  return true;
}

std::optional<EventTime> ScanningFrameDecoder::TsAt(const char* at, const char* end) {
  // The form of nearly every ts: up to 15 digits, or a string of them.
  const bool quoted = *at == '"';
  const char* const digits = at + static_cast<size_t>(quoted);
  if (end - digits >= static_cast<ptrdiff_t>(LeadingDigits::kBytes)) {
    const LeadingDigits leading = LeadingDigitsOf(digits);
    const char behind = digits[leading.count % LeadingDigits::kBytes];
    const bool ends = quoted ? behind == '"' : behind != '.' && (behind | 0x20) != 'e';
    if (leading.count != 0 && leading.count != LeadingDigits::kBytes && ends) return TsOfInteger(leading.value);
  }
  const Value value = ReadValue(at, end);
  if (value.kind == Value::Kind::kNumber) return TsOfNumber(value.text);
  if (value.kind == Value::Kind::kString) return TsOfString(value.text);
  return std::nullopt;
}

// `at`: the beginning of a value of the root. At the latest the root's bracket stands after it.
ScanningFrameDecoder::Value ScanningFrameDecoder::ReadValue(const char* at, const char* end) {
  if (*at == '"') {
    ++at;
    const char* const text_end = FindStringEnd(at, end);
    if (*text_end == '\\') return {Value::Kind::kString, Unescaped(at)};
    return {Value::Kind::kString, {at, static_cast<size_t>(text_end - at)}};
  }
  if (*at != '-' && (*at < '0' || *at > '9')) return {};
  const char* const text = at;
  while (IsInNumber(*at)) ++at;
  return {Value::Kind::kNumber, {text, static_cast<size_t>(at - text)}};
}

// `text`: after the opening quote. A text too long for a uid stays too long, and the function stops copying it.
std::string_view ScanningFrameDecoder::Unescaped(const char* text) {
  char* to = unescaped_.data();
  const char* const full = to + limits::kMaxUidBytes;
  while (*text != '"' && to <= full) {
    if (*text == '\\') {
      ++text;
      to = AppendEscape(&text, to);
    } else {
      *to++ = *text++;
    }
  }
  return {unescaped_.data(), static_cast<size_t>(to - unescaped_.data())};
}

}  // namespace headcount
