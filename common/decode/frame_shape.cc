// Uses no JSON parser, because a parser would reject the very text that it must describe. A walk over brackets and
// strings is enough: the decoder has already decided the reason. If the text is no JSON, the walk ends early.
#include "common/decode/frame_shape.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/limits.h"
#include "common/base/utf8_text.h"
#include "common/decode/frame_values.h"
#include "common/decode/json_walk.h"

namespace headcount {
namespace {

using json_walk::Member;

// --- Small questions about texts --------------------------------------------------------------------------------

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool StartsWith(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
bool AllDigits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit); }

// dddd-dd-dd at the beginning.
bool BeginsWithDate(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00";
  if (text.size() < kForm.size()) return false;
  for (size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '-' ? text[i] != '-' : !IsDigit(text[i])) return false;
  }
  return true;
}

bool LooksLikeIso8601(std::string_view text) {
  constexpr size_t kDateBytes = 10;
  return BeginsWithDate(text) && text.size() > kDateBytes + 1 &&
         std::string_view("Tt ").find(text[kDateBytes]) != std::string_view::npos && IsDigit(text[kDateBytes + 1]);
}

// Such as "Mon, 11 Jul 2016": the name of a month and at least five digits.
bool LooksLikeWordsOfADate(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr size_t kLongest = 64;
  if (text.size() > kLongest || std::count_if(text.begin(), text.end(), IsDigit) < 5) return false;
  return std::any_of(kMonths.begin(), kMonths.end(),
                     [text](std::string_view month) { return text.find(month) != std::string_view::npos; });
}

std::string Characters(size_t count) { return std::to_string(count) + (count == 1 ? " character" : " characters"); }

// The name in jq's form: .ts, or .["other one"].
std::string JqField(const std::string& name) {
  const bool plain = !name.empty() && !IsDigit(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '_';
  });
  return plain ? "." + name : ".[\"" + name + "\"]";
}

std::string Piped(const std::string& command) { return command + " | headcount run --input -"; }

// --- Values -----------------------------------------------------------------------------------------------------

bool IsString(std::string_view value) { return !value.empty() && value.front() == '"'; }
bool IsNumber(std::string_view value) { return !value.empty() && (value.front() == '-' || IsDigit(value.front())); }
std::string_view Inside(std::string_view string) {
  return string.size() < 2 ? std::string_view() : string.substr(1, string.size() - 2);
}

bool IsMinusOrDigits(std::string_view number) {
  return AllDigits(number.substr(!number.empty() && number.front() == '-' ? 1 : 0));
}

// "a string of 24 characters", "a number", "an object", "null".
std::string KindOf(std::string_view value) {
  if (IsString(value)) {
    const size_t characters = json_walk::CharactersIn(Inside(value));
    return characters == 0 ? "an empty string" : "a string of " + Characters(characters);
  }
  if (IsNumber(value)) {
    if (IsMinusOrDigits(value)) {
      const size_t digits = value.size() - (value.front() == '-' ? 1 : 0);
      return (value.front() == '-' ? "a number below zero of " : "a number of ") + std::to_string(digits) +
             (digits == 1 ? " digit" : " digits");
    }
    return "a number with a fraction or an exponent";
  }
  switch (value.empty() ? ' ' : value.front()) {
    case '{': return "an object";
    case '[': return "an array";
    case 'n': return "null";
    case 't':
    case 'f': return "true or false";
    default: return "no value that JSON knows";
  }
}

// Units that headcount does not read. `digits` is an integer as written.
enum class Unit { kNone, kMicroseconds, kNanoseconds };
Unit UnitOf(std::string_view digits) {
  constexpr size_t kMicrosDigits = 16;
  constexpr size_t kNanosDigits = 19;
  if (!AllDigits(digits)) return Unit::kNone;
  if (digits.size() == kMicrosDigits) return Unit::kMicroseconds;
  return digits.size() == kNanosDigits ? Unit::kNanoseconds : Unit::kNone;
}

std::string ShapeOfTime(std::string_view value) {
  const std::string kind = KindOf(value);
  if (IsString(value)) {
    const std::string_view text = Inside(value);
    if (LooksLikeIso8601(text)) return kind + " that looks like ISO 8601";
    if (BeginsWithDate(text)) return kind + " that looks like a date";
    if (LooksLikeWordsOfADate(text)) return kind + " that looks like a date in words";
    if (UnitOf(text) == Unit::kMicroseconds) return kind + ", digits that look like microseconds";
    if (UnitOf(text) == Unit::kNanoseconds) return kind + ", digits that look like nanoseconds";
    if (AllDigits(text)) return kind + ", digits that are no time";
    if (!text.empty() && (text.front() == '{' || text.front() == '[')) return kind + " that looks like JSON";
    if (!text.empty() && IsDigit(text.front()) && text.find('.') != std::string_view::npos) {
      return kind + " that looks like a number with a fraction, which is read only without quotes";
    }
    return kind;
  }
  if (UnitOf(value) == Unit::kMicroseconds) return kind + " that looks like microseconds";
  if (UnitOf(value) == Unit::kNanoseconds) return kind + " that looks like nanoseconds";
  return kind;
}

std::string ShapeOfId(std::string_view value) {
  const std::string kind = KindOf(value);
  if (!IsString(value)) return kind;
  return Inside(value).size() <= limits::kMaxUidBytes
             ? kind
             : kind + ", and an id has " + std::to_string(limits::kMaxUidBytes) + " bytes at most";
}

// --- The root object --------------------------------------------------------------------------------------------

// Shows only keys that look like names: no long ones, none with many digits, none with an @ inside. A key may hold
// data, for example in an object with one key for each user.
bool IsShown(std::string_view key) {
  if (key.empty() || key.size() > limits::kShapeKeyBytes) return false;
  constexpr int64_t kDigits = 4;
  if (std::count_if(key.begin(), key.end(), IsDigit) > kDigits) return false;
  return std::all_of(key.begin() + 1, key.end(),
                     [](char c) { return IsLetter(c) || IsDigit(c) || std::string_view("_-.:$").find(c) < 5; }) &&
         (IsLetter(key.front()) || std::string_view("_$@").find(key.front()) < 3);
}

std::string KeysOf(const std::vector<Member>& members) {
  std::vector<std::string_view> seen;
  std::string keys;
  size_t shown = 0;
  size_t others = 0;
  for (const Member& member : members) {
    if (std::find(seen.begin(), seen.end(), member.key) != seen.end()) continue;
    seen.push_back(member.key);
    if (shown == limits::kShapeKeys || !IsShown(member.key)) {
      ++others;
      continue;
    }
    keys.append(keys.empty() ? "" : ", ").append(member.key);
    ++shown;
  }
  if (others == 0) return keys;
  return keys.append(keys.empty() ? "" : ", and ")
      .append(std::to_string(others) + (keys.empty() ? " not shown" : " more"));
}

const Member* Last(const std::vector<Member>& members, std::string_view name) {
  const auto found =
      std::find_if(members.rbegin(), members.rend(), [name](const Member& m) { return json_walk::IsNamed(m, name); });
  return found == members.rend() ? nullptr : &*found;
}

// Where a key of this name stands below a root key: directly in an object, in an array, or further down.
struct Deeper {
  std::string_view under;
  bool in_object;
  bool in_array;
};
std::optional<Deeper> FindDeeper(const std::vector<Member>& members, std::string_view name) {
  for (const Member& member : members) {
    if (member.value.empty() || (member.value.front() != '{' && member.value.front() != '[')) continue;
    if (!IsShown(member.key)) continue;
    if (member.value.front() == '{' && Last(json_walk::MembersOf(member.value), name) != nullptr) {
      return Deeper{member.key, true, false};
    }
    if (json_walk::HasKey(member.value, name)) return Deeper{member.key, false, member.value.front() == '['};
  }
  return std::nullopt;
}

// Whether headcount would count a frame of this time, and the time is believable: between 2000 and 2100.
bool IsUsableTime(std::string_view value) {
  constexpr int64_t kFirst = 946'684'800;
  constexpr int64_t kLast = 4'102'444'800;
  std::optional<EventTime> time;
  if (IsString(value)) time = TsOfString(Inside(value));
  if (IsMinusOrDigits(value)) time = TsOfNumber(value);
  return time && time->seconds() >= kFirst && time->seconds() < kLast;
}

bool IsUsableId(std::string_view value) {
  return IsString(value) ? IsUidString(Inside(value)) : IsNumber(value) && IsUidNumber(value);
}

// Takes "userId", "user_id" and "USER-ID" for one name.
bool IsNameOfAnId(std::string_view key) {
  constexpr std::array<std::string_view, 10> kNames = {
      "uid", "userid", "user", "id", "customerid", "anonymousid", "visitorid", "clientid", "accountid", "deviceid"};
  std::string plain;
  for (const char c : key) {
    if (c != '_' && c != '-') plain += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return std::find(kNames.begin(), kNames.end(), plain) != kNames.end();
}

// --- Frames that are objects ------------------------------------------------------------------------------------

const Member* UsableTime(const std::vector<Member>& members) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [](const Member& m) { return IsShown(m.key) && IsUsableTime(m.value); });
  return found == members.end() ? nullptr : &*found;
}

const Member* UsableId(const std::vector<Member>& members) {
  const auto found = std::find_if(members.begin(), members.end(), [](const Member& m) {
    return IsShown(m.key) && IsNameOfAnId(m.key) && IsUsableId(m.value);
  });
  return found == members.end() ? nullptr : &*found;
}

std::string AdviceForTime(std::string_view value, const std::string& name, FrameInput input) {
  const std::string field = JqField(name);
  const std::string_view text = IsString(value) ? Inside(value) : value;
  constexpr size_t kUpToSeconds = 19;
  const bool is_utc = LooksLikeIso8601(text) && text.size() > kUpToSeconds && text.back() == 'Z';
  std::string jq;
  if (is_utc) jq = field + " |= (.[:19] + \"Z\" | fromdate)";
  if (UnitOf(text) == Unit::kMicroseconds) jq = field + " |= (tonumber / 1000000 | floor)";
  if (UnitOf(text) == Unit::kNanoseconds) jq = field + " |= (tonumber / 1000000000 | floor)";
  if (input == FrameInput::kFile && !jq.empty()) return Piped("jq -c '" + jq + "' FILE");
  return "a time is in seconds or milliseconds since 1970; name another field with --time-field, or let the producer "
         "write that";
}

FrameShape ShapeOfMissing(const std::vector<Member>& members, const std::string& name, bool is_time, FrameInput input) {
  FrameShape shape;
  shape.what = "there is no root key " + name;
  const char* const option = is_time ? "--time-field " : "--id-field ";
  const Member* const usable = is_time ? UsableTime(members) : UsableId(members);
  const std::optional<Deeper> deeper = FindDeeper(members, name);
  if (name.find('.') != std::string::npos) {
    shape.what += ": a dot is part of the name, and no path into an object";
    shape.advice = std::string("only keys of the root object are read; type ") + option + "KEY with one of them";
  } else if (deeper) {
    shape.what += "; a key " + name + " stands deeper, in " + std::string(deeper->under);
    const std::string under = JqField(std::string(deeper->under));
    shape.advice = "only keys of the root object are read";
    if (input == FrameInput::kFile && deeper->in_object) {
      shape.advice = Piped("jq -c '" + JqField(name) + " = " + under + JqField(name) + "' FILE");
    } else if (input == FrameInput::kFile && deeper->in_array) {
      shape.advice = Piped("jq -c '" + under + "[]' FILE");
    }
  } else if (usable != nullptr) {
    shape.advice = option + std::string(usable->key);
  } else {
    shape.advice = std::string("type ") + option + "KEY with the one that holds " + (is_time ? "the time" : "the id");
  }
  return shape;
}

FrameShape ShapeOfObject(std::string_view bytes, InvalidReason reason, const FieldNames& names, FrameInput input) {
  const std::vector<Member> members = json_walk::MembersOf(bytes);
  FrameShape shape;
  const bool is_time = reason == InvalidReason::kNoTs || reason == InvalidReason::kBadTs;
  const std::string& name = is_time ? names.time : names.id;
  const Member* const member = Last(members, name);
  if (reason == InvalidReason::kNoTs || reason == InvalidReason::kNoUid) {
    shape = ShapeOfMissing(members, name, is_time, input);
  } else if (member == nullptr) {
    shape.what = name + " stands too far behind to be looked at";
  } else if (is_time) {
    shape.what = name + " is " + ShapeOfTime(member->value);
    shape.advice = AdviceForTime(member->value, name, input);
  } else {
    shape.what = name + " is " + ShapeOfId(member->value);
    shape.advice = "an id is a string of 1 to " + std::to_string(limits::kMaxUidBytes) +
                   " bytes or a whole number; name another field with --id-field, or let the producer write that";
  }
  shape.keys = KeysOf(members);
  return shape;
}

// --- Frames that are no objects ---------------------------------------------------------------------------------

FrameShape ShapeOfNoObject(std::string_view text, FrameInput input) {
  const bool is_file = input == FrameInput::kFile;
  switch (text.empty() ? ' ' : text.front()) {
    case '[': return {"it is a JSON array", "", is_file ? Piped("jq -c '.[]' FILE") : "one object a record is needed"};
    case '"':
      if (Inside(text).find('{') != std::string_view::npos && Inside(text).find("\\\"") != std::string_view::npos) {
        return {"it is a JSON string that holds JSON", "",
                is_file ? Piped("jq -c fromjson FILE") : "let the producer write the object itself, without quotes"};
      }
      return {"it is a JSON string", "", "an object is needed"};
    default: return {"it is " + KindOf(text), "", "an object is needed"};
  }
}

// --- Frames that are no JSON ------------------------------------------------------------------------------------

struct Signature {
  std::string_view bytes;
  const char* what;
  const char* command;  // makes lines of JSON from such a file; empty: there is no simple one
};
constexpr std::array<Signature, 7> kSignatures = {{
    {"\x1f\x8b", "gzip", "zcat FILE"},
    {"\x28\xb5\x2f\xfd", "zstd", "zstdcat FILE"},
    {"BZh", "bzip2", "bzcat FILE"},
    {"\xff\xfe", "UTF-16", "iconv -f UTF-16 -t UTF-8 FILE"},
    {"\xfe\xff", "UTF-16", "iconv -f UTF-16 -t UTF-8 FILE"},
    {"PAR1", "Parquet", ""},
    {std::string_view("Obj\x01", 4), "an Avro file", ""},
}};

// Every other byte is 0, and none of the rest is: UTF-16 text without a byte order mark.
const char* Utf16Without(std::string_view bytes) {
  constexpr size_t kLook = 64;
  constexpr size_t kEnough = 8;
  size_t zeros[2] = {0, 0};
  const size_t looked = std::min(bytes.size(), kLook);
  for (size_t i = 0; i < looked; ++i) zeros[i % 2] += static_cast<size_t>(bytes[i] == '\0');
  if (looked < kEnough) return nullptr;
  if (zeros[0] >= looked / 2 - 1 && zeros[1] == 0) return "UTF-16BE";
  return zeros[1] >= looked / 2 - 1 && zeros[0] == 0 ? "UTF-16LE" : nullptr;
}

FrameShape OfBytes(const std::string& what, const std::string& command, FrameInput input) {
  FrameShape shape{"the bytes are " + what, "", "let the producer write plain JSON in UTF-8"};
  if (input == FrameInput::kFile && !command.empty()) shape.advice = Piped(command);
  if (input == FrameInput::kTopic && what != "UTF-16") {
    shape.advice += "; Kafka compresses by itself (compression.type)";
  }
  return shape;
}

std::optional<FrameShape> ShapeOfSignature(std::string_view bytes, FrameInput input) {
  for (const Signature& known : kSignatures) {
    if (StartsWith(bytes, known.bytes)) return OfBytes(known.what, known.command, input);
  }
  if (const char* const utf16 = Utf16Without(bytes)) {
    return OfBytes("UTF-16", std::string("iconv -f ") + utf16 + " -t UTF-8 FILE", input);
  }
  if (StartsWith(bytes, "\xef\xbb\xbf")) {
    return FrameShape{"it begins with a byte order mark of UTF-8", "", "let the producer leave it out"};
  }
  constexpr size_t kPrefixBytes = 5;
  if (bytes.size() > kPrefixBytes && bytes.front() == '\0') {
    const char behind = bytes[kPrefixBytes];
    return FrameShape{
        "it begins with byte 0 and a schema id of 4 bytes, as serializers of a schema registry write it", "",
        behind == '{' ? "such a prefix cannot be read yet: let the producer write the JSON behind it alone"
                      : "what follows is no JSON (Avro or Protobuf?): let the producer write plain JSON"};
  }
  return std::nullopt;
}

// One line of a value that spans many lines: a bracket alone, or a key and its value without an object around them.
bool IsPartOfPrettyPrinted(std::string_view line) {
  std::string_view rest = json_walk::Trimmed(line);
  if (!rest.empty() && rest.back() == ',') rest.remove_suffix(1);
  if (rest.size() <= 2 && !rest.empty() && rest.find_first_not_of("{}[]") == std::string_view::npos) return true;
  if (rest.empty() || rest.front() != '"') return false;
  const std::optional<std::string_view> key = json_walk::StringAt(rest);
  if (!key) return false;
  const std::string_view behind = json_walk::Trimmed(rest.substr(key->size() + 2));
  return !behind.empty() && behind.front() == ':';
}

FrameShape ShapeOfNoJson(std::string_view bytes, FrameInput input) {
  if (std::optional<FrameShape> known = ShapeOfSignature(bytes, input)) return *std::move(known);
  const std::string_view text = json_walk::Trimmed(bytes);
  const bool is_file = input == FrameInput::kFile;
  const std::string size = std::to_string(bytes.size()) + (bytes.size() == 1 ? " byte" : " bytes");
  if (text.empty()) return {"it is empty or blank, of " + size, "", ""};
  if (is_file && IsPartOfPrettyPrinted(text)) {
    return {"the line is a part of a JSON value that goes over several lines", "", Piped("jq -c . FILE")};
  }
  if (const char* const word = json_walk::FirstNonJsonLiteral(text)) {
    return {std::string("it holds ") + word + ", which JSON does not know", "",
            "let the producer write null, or leave that key out"};
  }
  const json_walk::Outline outline = json_walk::OutlineOf(text);
  if (outline.quotes_singly) {
    return {"it has single quotes, as Python prints a dict", "", "let the producer print it with json.dumps"};
  }
  if (outline.values > 1) {
    return {"it holds several JSON values", "", is_file ? Piped("jq -c . FILE") : "one object a record is needed"};
  }
  if (!outline.is_closed) return {"it is text of " + size + " that begins like JSON and is cut off", "", ""};
  if (text.front() == '{' || text.front() == '[') {
    return {"it is text of " + size + " that begins like JSON and is none", "", ""};
  }
  return {"it is text of " + size + " that does not begin like JSON", "", "each record must be one JSON object"};
}

// A path may be long and hold any bytes. Its end says most.
std::string ShownPlace(std::string_view place) {
  constexpr size_t kPlaceBytes = 200;
  std::string shown;
  if (place.size() > kPlaceBytes) {
    place.remove_prefix(place.size() - kPlaceBytes);
    while (!place.empty() && IsUtf8Continuation(place.front())) place.remove_prefix(1);
    shown = "...";
  }
  while (!place.empty()) {
    const size_t bytes = Utf8CharacterBytes(place);
    const bool is_control = bytes == 1 && static_cast<unsigned char>(place.front()) < ' ';
    shown.append(bytes == 0 || is_control ? "?" : place.substr(0, bytes));
    place.remove_prefix(std::max<size_t>(bytes, 1));
  }
  return shown;
}

}  // namespace

FrameShape ShapeOf(std::string_view bytes, InvalidReason reason, const FieldNames& names, FrameInput input) {
  const std::string_view look = bytes.substr(0, limits::kShapeLookBytes);
  switch (reason) {
    case InvalidReason::kNoValue:
      return {"the record has no value", "", "if the topic is compacted, --tombstones ignore passes over such records"};
    case InvalidReason::kTooLarge:
      return {"it has more bytes than --max-frame allows", "", "if such frames are right, a larger --max-frame"};
    case InvalidReason::kPoison: return {"decoding it has killed workers", "", "report it"};
    case InvalidReason::kNotJson: return ShapeOfNoJson(look, input);
    case InvalidReason::kNotObject: return ShapeOfNoObject(json_walk::Trimmed(look), input);
    case InvalidReason::kNoTs:
    case InvalidReason::kBadTs:
    case InvalidReason::kNoUid:
    case InvalidReason::kBadUid: return ShapeOfObject(look, reason, names, input);
  }
  return {};
}

std::string ShapeText(const std::string& place, const FrameShape& shape) {
  std::string text = ShownPlace(place) + ": " + shape.what;
  if (!shape.keys.empty()) text += "; root keys: " + shape.keys;
  if (!shape.advice.empty()) text += ". What helps: " + shape.advice;
  if (text.size() > limits::kShapeTextBytes) text.resize(limits::kShapeTextBytes);
  return text;
}

}  // namespace headcount
