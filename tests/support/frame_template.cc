#include "tests/support/frame_template.h"

#include <algorithm>
#include <utility>

namespace headcount::test {
namespace {

constexpr const char* kWords[] = {"checkout",
                                  "newsletter",
                                  "dark mode",
                                  "wish list",
                                  "caf\xC3\xA9",
                                  "na\xC3\xAFve",
                                  "Z\xC3\xBCrich",
                                  "\xC5\x81\xC3\xB3\x64\xC5\xBA",
                                  "\xD0\x9C\xD0\xBE\xD1\x81\xD0\xBA\xD0\xB2\xD0\xB0",
                                  "\xE6\x9D\xB1\xE4\xBA\xAC",
                                  "\xED\x95\x9C\xEA\xB5\xAD\xEC\x96\xB4",
                                  "\xD8\xB3\xD9\x84\xD8\xA7\xD9\x85",
                                  "\xE0\xA4\xA8\xE0\xA4\xAE\xE0\xA4\xB8\xE0\xA5\x8D\xE0\xA4\xA4\xE0\xA5\x87",
                                  "\xF0\x9F\x98\x80",
                                  "\xF0\x9F\x9B\x92 sale",
                                  "\\\"quoted\\\"",
                                  "a\\\\b",
                                  "either\\/or",
                                  "line\\nbreak",
                                  "tab\\there",
                                  "caf\\u00e9",
                                  "\\u6771\\u4EAC",
                                  "\\ud83d\\ude00",
                                  "not a surrogate: \\\\ud83d",
                                  "\\u0000 inside",
                                  "{\\\"ts\\\":1,\\\"uid\\\":\\\"no\\\"}",
                                  "100 %",
                                  "[brackets]",
                                  "{braces}",
                                  "a, b: c"};
constexpr const char* kCities[] = {"Berlin", "S\xC3\xA3o Paulo", "K\303\270benhavn", "\xE4\xBA\xAC\xE9\x83\xBD",
                                   "Lyon"};
constexpr const char* kPages[] = {"/", "/cart", "/p/4711?ref=a&b=c", "/search?q=caf%C3%A9", "/account\\/orders"};
constexpr const char* kTypes[] = {"view", "click", "scroll", "purchase", "login", "heartbeat"};
constexpr const char* kBrowsers[] = {"Firefox/128.0", "Chrome/126.0.6478.127", "Safari/17.5 (Mac\\u0020OS)"};
constexpr char kTsMark[] = "1468244400";
constexpr char kUidMark[] = "0123456789abcdef";

enum class Role { kOther, kTs, kUid, kEventId };
struct Member {
  std::string key;
  std::string value;
  Role role = Role::kOther;
  bool is_decoy = false;  // a root "ts" or "uid" that a later one overrides
};

// The punctuation of one producer: compact, or with a space behind commas and colons.
struct Style {
  const char* comma;
  const char* colon;
};

class Author {
 public:
  Author(Random* random, Style style) : random_(*random), style_(style) {}

  std::string Number(int64_t low, int64_t high) { return std::to_string(random_.Between(low, high)); }
  std::string Price() { return Number(0, 999) + "." + Number(10, 99); }
  std::string Word() { return random_.Pick(kWords); }
  static std::string Quoted(const std::string& text) { return '"' + text + '"'; }

  std::string Text(size_t length) {
    std::string text = Word();
    while (text.size() < length) text += " " + Word();
    return text;
  }

  std::string List(const std::vector<std::string>& values) {
    std::string out = "[";
    for (const std::string& value : values) out += (out.size() > 1 ? style_.comma : "") + value;
    return out + "]";
  }

  std::string Object(const std::vector<std::pair<std::string, std::string>>& members) {
    std::string out = "{";
    for (const auto& [key, value] : members) {
      out += (out.size() > 1 ? style_.comma : "") + Quoted(key) + style_.colon + value;
    }
    return out + "}";
  }

  // Decoys: what a frame's nested parts say about time and user means nothing.
  std::string DecoyTs() { return random_.Chance(0.5) ? Number(1400000000, 1600000000) : Quoted(Number(0, 99999)); }
  std::string DecoyUid() { return Quoted("decoy-" + Number(1, 9999)); }

  std::string Page() {
    return Object({{"url", Quoted("https://shop.example" + std::string(random_.Pick(kPages)))},
                   {"title", Quoted(Text(20))},
                   {"ts", DecoyTs()},
                   {"load_ms", Number(20, 9000)},
                   {"referrer", random_.Chance(0.3) ? "null" : Quoted("https://search.example/?q=" + Number(1, 999))}});
  }

  std::string Device() {
    return Object({{"uid", DecoyUid()},
                   {"browser", Quoted(random_.Pick(kBrowsers))},
                   {"screen", List({Number(320, 3840), Number(240, 2160)})},
                   {"touch", random_.Chance(0.5) ? "true" : "false"},
                   {"battery", "0." + Number(10, 99)}});
  }

  std::string Place() {
    return Object({{"city", Quoted(random_.Pick(kCities))},
                   {"lat", "-" + Price()},
                   {"lon", Number(1, 9) + "." + Number(1000, 9999) + "e1"},
                   {"accuracy", Number(1, 50) + "E-1"}});
  }

  std::string Items() {
    std::vector<std::string> items;
    for (int64_t i = random_.Between(0, 3); i >= 0; --i) {
      items.push_back(Object({{"sku", Quoted("SKU-" + Number(1000, 99999))},
                              {"price", Price()},
                              {"name", Quoted(Text(8))},
                              {"ts", DecoyTs()}}));
    }
    return List(items);
  }

  std::string Session() {
    return Object({{"started", Object({{"ts", DecoyTs()}, {"by", Object({{"uid", DecoyUid()}})}})},
                   {"uid", DecoyUid()},
                   {"steps", List({List({Number(0, 9)}), List({}), "{}"})}});
  }

  std::string Tags() {
    std::vector<std::string> tags;
    for (int64_t i = random_.Between(1, 6); i > 0; --i) tags.push_back(Quoted(Word()));
    return List(tags);
  }

  Member Anything(size_t number) {
    const auto named = [number](const char* key) { return number < 7 ? key : key + ("_" + std::to_string(number)); };
    switch (random_.Below(8)) {
      case 0: return {named("page"), Page()};
      case 1: return {named("device"), Device()};
      case 2: return {named("geo"), Place()};
      case 3: return {named("items"), Items()};
      case 4: return {named("session"), Session()};
      case 5: return {named("tags"), Tags()};
      case 6: return {named("consent"), random_.Chance(0.5) ? "true" : "null"};
      default: return {named("note"), Quoted(Text(static_cast<size_t>(random_.Between(10, 80))))};
    }
  }

 private:
  Random& random_;
  const Style style_;
};

std::string TsValue(FrameTemplate::TsForm form) {
  switch (form) {
    case FrameTemplate::TsForm::kSeconds: return kTsMark;
    case FrameTemplate::TsForm::kString: return Author::Quoted(kTsMark);
    case FrameTemplate::TsForm::kMillis: return std::string(kTsMark) + "123";
    case FrameTemplate::TsForm::kFraction: return std::string(kTsMark) + ".123";
  }
  return {};
}

std::string UidValue(FrameTemplate::UidForm form) {
  switch (form) {
    case FrameTemplate::UidForm::kString: return Author::Quoted(kUidMark);
    case FrameTemplate::UidForm::kEscaped: return Author::Quoted("\\u0030" + std::string(kUidMark + 1));
    case FrameTemplate::UidForm::kNumber: return "1023456789012345";
  }
  return {};
}

size_t LengthOf(const std::vector<Member>& members, Style style) {
  size_t length = 2;
  for (const Member& m : members) {
    length += m.key.size() + 2 + m.value.size() + std::char_traits<char>::length(style.comma) +
              std::char_traits<char>::length(style.colon);
  }
  return length;
}

// Decoys at the root come before what overrides them.
void PutDecoysFirst(std::vector<Member>* members) {
  std::stable_partition(members->begin(), members->end(), [](const Member& m) { return m.is_decoy; });
}

void Shuffle(std::vector<Member>* members, Random* random) {
  for (size_t i = members->size(); i > 1; --i) std::swap((*members)[i - 1], (*members)[random->Below(i)]);
}

// Without the quotes, if there are any.
FrameTemplate::Span Inside(const std::string& bytes, FrameTemplate::Span value) {
  return bytes[value.at] == '"' ? FrameTemplate::Span{value.at + 1, value.length - 2} : value;
}

void Append(const Member& member, Style style, FrameTemplate* out) {
  out->bytes += '"';
  const FrameTemplate::Span key = {out->bytes.size(), member.key.size()};
  out->bytes += member.key + '"' + style.colon;
  const FrameTemplate::Span value = {out->bytes.size(), member.value.size()};
  out->bytes += member.value;
  if (member.key == "ts") out->ts_keys.push_back(key);
  if (member.key == "uid") out->uid_keys.push_back(key);
  if (member.role == Role::kTs) out->ts_value = value, out->ts = Inside(out->bytes, value);
  if (member.role == Role::kUid) out->uid_value = value, out->uid = Inside(out->bytes, value);
  if (member.role == Role::kEventId) out->event_id = Inside(out->bytes, value);
}

FrameTemplate::TsForm AnyTsForm(Random* random) {
  const double x = random->Unit();
  if (x < 0.85) return FrameTemplate::TsForm::kSeconds;
  if (x < 0.90) return FrameTemplate::TsForm::kString;
  if (x < 0.95) return FrameTemplate::TsForm::kMillis;
  return FrameTemplate::TsForm::kFraction;
}

}  // namespace

FrameTemplate MakeFrameTemplate(Random* random, size_t size, FrameTemplate::UidForm uid_form) {
  const Style style = random->Chance(0.25) ? Style{", ", ": "} : Style{",", ":"};
  Author author(random, style);
  FrameTemplate out;
  out.ts_form = AnyTsForm(random);
  out.uid_form = uid_form;
  std::vector<Member> members = {{"ts", TsValue(out.ts_form), Role::kTs},
                                 {"uid", UidValue(uid_form), Role::kUid},
                                 {"event", Author::Quoted(std::string(kEventIdLength, '0')), Role::kEventId},
                                 {"type", Author::Quoted(random->Pick(kTypes))}};
  if (random->Chance(0.08)) members.push_back({"ts", author.DecoyTs(), Role::kOther, true});
  if (random->Chance(0.08)) members.push_back({"uid", author.DecoyUid(), Role::kOther, true});
  for (size_t left = size; LengthOf(members, style) < size;) {
    Member member = author.Anything(members.size());
    if (LengthOf(members, style) + member.value.size() > size + 60) {  // too big for the rest: fill up with words
      left = size - LengthOf(members, style);
      member = {"text", Author::Quoted(author.Text(left > 12 ? left - 12 : 1))};
    }
    members.push_back(std::move(member));
  }
  Shuffle(&members, random);
  PutDecoysFirst(&members);
  out.bytes = "{";
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out.bytes += style.comma;
    Append(members[i], style, &out);
  }
  out.bytes += "}";
  return out;
}

}  // namespace headcount::test
