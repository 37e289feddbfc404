// Why this decoder drives RapidJSON 1.1.0 in this way, and what RapidJSON alone gets wrong:
//
// - It parses in situ, in a copy of its own. Unescaping in place is faster than unescaping onto RapidJSON's stack.
//   The frame itself must stay unchanged (librdkafka's buffers, a file's lines). And only a copy can promise the
//   zeroes after the end. One zero ends the text. RapidJSON's check of UTF-8 needs more, because it reads a whole
//   sequence before it judges the first wrong byte; frame_utf8.h reads a whole vector.
// - Iterative, so that nesting costs heap and not stack. Numbers as strings, because RapidJSON's own conversion can
//   overflow an int. Encoding validated, by frame_utf8.h.
// - In situ AND numbers as strings is right, though it looks like a mistake. RawNumber's text begins at
//   `is.PutBegin()`, and `is` seems to stand after the number. It does not: InsituStringStream asks for
//   copyOptimization, so RapidJSON reads the number from a local copy and `is` still stands at its first byte. A
//   stream of our own without that trait would give a wrong text.
// - RapidJSON rejects numbers above 1.8e308 (1e400, 400 digits), even if no caller needs their value. They are JSON;
//   see MaskLongNumbers().
// - RapidJSON takes a NUL byte for the end of the text, so the parser compares the bytes read with the frame's length.
// - RapidJSON accepts an unpaired low surrogate escape (\udc00) and encodes it like a character; see
//   HasEncodedSurrogate(). It rejects unpaired high ones itself.
#include "common/decode/json/rapidjson_frame_decoder.h"

#include <rapidjson/reader.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "common/base/limits.h"
#include "common/decode/frame_values.h"
#include "common/decode/json/frame_utf8.h"

namespace headcount {
namespace {

enum class FieldKind : uint8_t { kAbsent, kString, kNumber, kOther };

// A value of the root object in the scratch: a string unescaped, a number as written.
struct Field {
  FieldKind kind = FieldKind::kAbsent;
  std::string_view text;
};

// Takes RapidJSON's events and keeps the last root `ts` and the last root `uid`. A false return ends the parse; only
// too deep nesting does that.
class RootFields {
 public:
  explicit RootFields(const FieldNames& names) : names_(&names) {}

  bool Null() { return Value(FieldKind::kOther); }
  bool Bool(bool) { return Value(FieldKind::kOther); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    return Value(FieldKind::kNumber, {text, length});
  }
  bool String(const char* text, rapidjson::SizeType length, bool) { return Value(FieldKind::kString, {text, length}); }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    if (depth_ == 1) next_value_ = FieldNamed({text, length});
    return true;
  }
  bool StartObject() {
    if (depth_ == 0) root_is_object_ = true;
    return StartContainer();
  }
  bool StartArray() { return StartContainer(); }
  bool EndObject(rapidjson::SizeType) { return EndContainer(); }
  bool EndArray(rapidjson::SizeType) { return EndContainer(); }
  // Never called, as numbers come as strings.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

  bool root_is_object() const { return root_is_object_; }
  const Field& ts() const { return ts_; }
  const Field& uid() const { return uid_; }

 private:
  Field* FieldNamed(std::string_view name) {
    if (name == names_->time) return &ts_;
    if (name == names_->id) return &uid_;
    return nullptr;
  }
  bool Value(FieldKind kind, std::string_view text = {}) {
    if (next_value_ != nullptr) {
      *next_value_ = {kind, text};
      next_value_ = nullptr;
    }
    return true;
  }
  bool StartContainer() {
    Value(FieldKind::kOther);
    return ++depth_ <= limits::kMaxDepth;
  }
  bool EndContainer() {
    --depth_;
    return true;
  }

  const FieldNames* names_;
  unsigned depth_ = 0;
  bool root_is_object_ = false;
  Field* next_value_ = nullptr;  // where the next value goes; null: it is not needed
  Field ts_;
  Field uid_;
};

constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                            rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
static_assert(rapidjson::StreamTraits<FrameUtf8::Stream>::copyOptimization == 1,
              "RawNumber's text is wrong without it");

// The reader keeps two 32-bit words for each open container.
constexpr size_t kReaderStackBytes = 2 * sizeof(rapidjson::SizeType) * (limits::kMaxDepth + 1);

// HasEncodedSurrogate() looks at this many bytes together. The scratch has so many zeroes after the frame's end.
constexpr size_t kBlockBytes = 64;

// Finds a surrogate that is encoded like a character of UTF-8 (ED A0..BF xx). RapidJSON has rejected such bytes in the
// frame itself, so only an escape can have put them there. The remains of escapes after in-situ parsing cannot look
// like one: they are valid UTF-8 from some byte on, and every string written before them ends with a zero. So one call
// checks the whole scratch, in a form that compilers turn into vector instructions: a twentieth of the parse's time.
bool HasEncodedSurrogate(const char* bytes, size_t size) {
  for (size_t at = 0; at < size; at += kBlockBytes) {
    uint8_t found = 0;
    for (size_t i = at; i < at + kBlockBytes; ++i) {
      found |= static_cast<uint8_t>(static_cast<uint8_t>(bytes[i]) == 0xED) &
               static_cast<uint8_t>(static_cast<uint8_t>(bytes[i + 1]) >= 0xA0);
    }
    if (found != 0) return true;
  }
  return false;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsExponentMark(char c) { return c == 'e' || c == 'E'; }

// The end of the JSON number that begins at `at`; `at` itself if none begins there. The text ends with a zero.
char* EndOfNumber(char* at) {
  char* end = at;
  if (*end == '-') ++end;
  if (!IsDigit(*end)) return at;
  if (*end == '0') {
    ++end;
  } else {
    while (IsDigit(*end)) ++end;
  }
  if (end[0] == '.' && IsDigit(end[1])) {
    for (++end; IsDigit(*end);) ++end;
  }
  if (IsExponentMark(*end)) {
    char* digits = end + (end[1] == '+' || end[1] == '-' ? 2 : 1);
    if (IsDigit(*digits)) {
      for (end = digits; IsDigit(*end);) ++end;
    }
  }
  return end;
}

// The end of the string whose opening quote is at `at`: after its closing quote, or `end`.
char* EndOfString(char* at, char* end) {
  for (++at; at < end; ++at) {
    if (*at == '"') return at + 1;
    if (*at == '\\') ++at;
  }
  return end;
}

// Turns 123.5e+99 into 0.000e+00. Sign, exponent and length keep their form, so that wrong text around the number
// (--1e5, 1e5e5) stays wrong.
void MaskNumber(char* at, char* end) {
  if (*at == '-') ++at;
  char* const exponent = std::find_if(at, end, IsExponentMark);
  if (exponent - at >= 3) {
    std::fill(at, exponent, '0');
    at[1] = '.';
  }
  std::replace_if(exponent, end, IsDigit, '0');
}

// Masks every number that RapidJSON may find too large: those with an exponent and those longer than any double. All
// other bytes stay. Only frames with such a number come here, and each needs one more pass, however many numbers it
// holds. Before the first mistake the text is read as RapidJSON reads it; after that the frame is invalid anyway.
void MaskLongNumbers(char* text, char* end) {
  constexpr ptrdiff_t kAlwaysFits = 300;  // digits; the largest double has 309
  static_assert(kAlwaysFits > ptrdiff_t{limits::kMaxUidBytes}, "a usable uid must never be masked");
  for (char* at = text; at < end;) {
    if (*at == '"') {
      at = EndOfString(at, end);
      continue;
    }
    char* const number_end = EndOfNumber(at);
    if (number_end - at > kAlwaysFits || std::any_of(at, number_end, IsExponentMark)) MaskNumber(at, number_end);
    at = std::max(number_end, at + 1);
  }
}

std::optional<EventTime> TsOf(const Field& field, std::string_view as_written) {
  switch (field.kind) {
    case FieldKind::kNumber: return TsOfNumber(as_written);
    case FieldKind::kString: return TsOfString(field.text);
    case FieldKind::kAbsent:
    case FieldKind::kOther: break;
  }
  return std::nullopt;
}

bool IsUid(const Field& field, std::string_view as_written) {
  switch (field.kind) {
    case FieldKind::kNumber: return IsUidNumber(as_written);
    case FieldKind::kString: return IsUidString(field.text);
    case FieldKind::kAbsent:
    case FieldKind::kOther: break;
  }
  return false;
}

}  // namespace

class RapidJsonFrameDecoder::Parser {
 public:
  Parser(size_t max_frame_bytes, const FieldNames& names)
      : names_(names), reader_(nullptr, kReaderStackBytes), scratch_(new char[max_frame_bytes + kPaddingBytes]) {}

  RootFields NoFields() const { return RootFields(names_); }
  // Fills `fields` if `bytes` are one JSON text. Their texts are valid in the scratch until the next call.
  bool Parse(std::string_view bytes, RootFields* fields) {
    Copy(bytes);
    rapidjson::ParseErrorCode error = ParseScratch(bytes.size(), fields);
    if (error == rapidjson::kParseErrorNumberTooBig) {
      Copy(bytes);
      MaskLongNumbers(scratch_.get(), scratch_.get() + bytes.size());
      error = ParseScratch(bytes.size(), fields);
    }
    return error == rapidjson::kParseErrorNone && !HasEncodedSurrogate(scratch_.get(), bytes.size());
  }

  // A number of the last frame as written there, without a mask: masked numbers keep their position.
  std::string_view AsWritten(const Field& number, std::string_view bytes) const {
    if (number.kind != FieldKind::kNumber) return {};
    return bytes.substr(static_cast<size_t>(number.text.data() - scratch_.get()), number.text.size());
  }

 private:
  // One more than a block, as HasEncodedSurrogate() looks one byte ahead.
  static constexpr size_t kPaddingBytes = kBlockBytes + 1;
  static_assert(kPaddingBytes >= FrameUtf8::kReadsPastEndBytes && kPaddingBytes >= 4);

  void Copy(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(scratch_.get(), bytes.data(), bytes.size());
    std::memset(scratch_.get() + bytes.size(), 0, kPaddingBytes);
  }

  rapidjson::ParseErrorCode ParseScratch(size_t size, RootFields* fields) {
    *fields = NoFields();
    FrameUtf8::Stream stream(scratch_.get());
    const rapidjson::ParseErrorCode error = reader_.Parse<kFlags>(stream, *fields).Code();
    // RapidJSON read fewer bytes than there are: a NUL stands after the root.
    if (error == rapidjson::kParseErrorNone && stream.Tell() != size) return rapidjson::kParseErrorTermination;
    return error;
  }

  const FieldNames names_;
  rapidjson::GenericReader<FrameUtf8, FrameUtf8> reader_;  // keeps its stack between frames
  const std::unique_ptr<char[]> scratch_;
};

RapidJsonFrameDecoder::RapidJsonFrameDecoder(size_t max_frame_bytes, const FieldNames& names)
    : max_frame_bytes_(max_frame_bytes), parser_(std::make_unique<Parser>(max_frame_bytes, names)) {}

RapidJsonFrameDecoder::~RapidJsonFrameDecoder() = default;

bool RapidJsonFrameDecoder::Decode(std::string_view bytes, DecodedFrame* frame, InvalidReason* reason) {
  const auto invalid = [reason](InvalidReason why) {
    *reason = why;
    return false;
  };
  if (bytes.size() > max_frame_bytes_) return invalid(InvalidReason::kTooLarge);
  RootFields fields = parser_->NoFields();
  if (!parser_->Parse(bytes, &fields)) return invalid(InvalidReason::kNotJson);
  if (!fields.root_is_object()) return invalid(InvalidReason::kNotObject);

  if (fields.ts().kind == FieldKind::kAbsent) return invalid(InvalidReason::kNoTs);
  const std::optional<EventTime> ts = TsOf(fields.ts(), parser_->AsWritten(fields.ts(), bytes));
  if (!ts) return invalid(InvalidReason::kBadTs);
  if (fields.uid().kind == FieldKind::kAbsent) return invalid(InvalidReason::kNoUid);
  if (!IsUid(fields.uid(), parser_->AsWritten(fields.uid(), bytes))) return invalid(InvalidReason::kBadUid);
  *frame = {*ts, fields.uid().text};
  return true;
}

}  // namespace headcount
