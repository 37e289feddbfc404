#include "common/scanning_frame_decoder.h"

#include <cstring>
#include <optional>

#include "common/frame_values.h"

namespace headcount {
namespace {

// A value of the root object, in a frame that the scanner has found valid.
struct Value {
  enum class Kind : uint8_t { kString, kEscapedString, kNumber, kOther };
  Kind kind = Kind::kOther;
  std::string_view text;  // of a string or number
};

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool EndsNumber(char c) { return IsSpace(c) || c == ',' || c == '}'; }

// `after_key` is behind a root key's closing quote. Behind its value stands, at the latest, the root's bracket.
Value ValueBehind(const char* after_key, const char* end) {
  const char* at = after_key;
  while (IsSpace(*at) || *at == ':') ++at;
  if (*at == '"') {
    const char* const text = ++at;
    while (*at != '"' && *at != '\\') ++at;
    return {*at == '"' ? Value::Kind::kString : Value::Kind::kEscapedString,
            {text, static_cast<size_t>(at - text)}};
  }
  if (*at != '-' && (*at < '0' || *at > '9')) return {};
  const char* const text = at;
  while (at < end && !EndsNumber(*at)) ++at;
  return {Value::Kind::kNumber, {text, static_cast<size_t>(at - text)}};
}

std::optional<EventTime> TsOf(const Value& value) {
  if (value.kind == Value::Kind::kNumber) return TsOfNumber(value.text);
  if (value.kind == Value::Kind::kString) return TsOfString(value.text);
  return std::nullopt;
}

bool IsUid(const Value& value) {
  if (value.kind == Value::Kind::kNumber) return IsUidNumber(value.text);
  return value.kind == Value::Kind::kString && IsUidString(value.text);
}

}  // namespace

ScanningFrameDecoder::ScanningFrameDecoder(size_t max_frame_bytes, scan::ScanFunction scan)
    : max_frame_bytes_(max_frame_bytes), scan_(scan), reference_(max_frame_bytes) {}

bool ScanningFrameDecoder::Decode(std::string_view bytes, DecodedFrame* frame, InvalidReason* reason) {
  const auto invalid = [reason](InvalidReason why) {
    *reason = why;
    return false;
  };
  if (bytes.size() > max_frame_bytes_) return invalid(InvalidReason::kTooLarge);
  const scan::Scan scanned = scan_(bytes);
  if (scanned.verdict == scan::Verdict::kAskReference) return reference_.Decode(bytes, frame, reason);
  if (scanned.verdict == scan::Verdict::kNotJson) return invalid(InvalidReason::kNotJson);
  const char* const end = bytes.data() + bytes.size();

  if (scanned.after_ts_key == nullptr) return invalid(InvalidReason::kNoTs);
  const Value ts_value = ValueBehind(scanned.after_ts_key, end);
  if (ts_value.kind == Value::Kind::kEscapedString) return reference_.Decode(bytes, frame, reason);
  const std::optional<EventTime> ts = TsOf(ts_value);
  if (!ts) return invalid(InvalidReason::kBadTs);

  if (scanned.after_uid_key == nullptr) return invalid(InvalidReason::kNoUid);
  const Value uid = ValueBehind(scanned.after_uid_key, end);
  if (uid.kind == Value::Kind::kEscapedString) return reference_.Decode(bytes, frame, reason);
  if (!IsUid(uid)) return invalid(InvalidReason::kBadUid);
  *frame = {*ts, uid.text};
  return true;
}

}  // namespace headcount
