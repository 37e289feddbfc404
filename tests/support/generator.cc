#include "tests/support/generator.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>

namespace headcount::test {
namespace {

constexpr double kDefaultShare = 0.01;
constexpr double kTooLargeFactor = 0.02;
constexpr size_t kTemplates = 1024;                 // enough that no branch predictor learns them
constexpr size_t kTemplateBytes = size_t{2} << 20;  // but no more than a cache holds
constexpr uint64_t kNumericUsers = 8;               // one in so many has a decimal number for a uid
constexpr int64_t kHourS = 3600;
constexpr int64_t kDayS = 86400;

// Times of ten digits can be put into a template as it is.
constexpr bool HasTenDigits(int64_t ts) { return ts >= 1'000'000'000 && ts < 10'000'000'000; }

bool IsNumeric(uint64_t user) { return user % kNumericUsers == 0; }

void PutHex(uint64_t value, char* out) {
  for (size_t i = 16; i > 0; --i, value >>= 4) out[i - 1] = "0123456789abcdef"[value & 15];
}

void PutDigits(uint64_t value, size_t digits, char* out) {
  for (size_t i = digits; i > 0; --i, value /= 10) out[i - 1] = static_cast<char>('0' + value % 10);
}

// Sixteen letters for a user, always the same ones. Both ways keep different users apart.
void PutUid(uint64_t user, uint64_t seed, char* out) {
  if (IsNumeric(user)) {
    PutDigits(1'000'000'000'000'000 + (user * 89'989 + seed % 1'000'000) % 9'000'000'000'000'000, kUidLength, out);
  } else {
    PutHex(Random::Mix(user ^ seed), out);
  }
}

std::optional<double> ParseShare(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double share = std::strtod(copy.c_str(), &end);
  if (copy.empty() || *end != '\0' || !(share >= 0 && share <= 1)) return std::nullopt;
  return share;
}

bool ApplyWord(std::string_view word, DamageShares* shares) {
  const size_t colon = word.find(':');
  const std::string_view name = word.substr(0, colon);
  const std::optional<double> share =
      colon == std::string_view::npos ? kDefaultShare : ParseShare(word.substr(colon + 1));
  if (!share) return false;
  if (name == "all") {
    shares->fill(*share);
    (*shares)[static_cast<size_t>(Damage::kTooLarge)] *= kTooLargeFactor;
    return true;
  }
  const auto found = std::find(kDamageNames.begin(), kDamageNames.end(), name);
  if (found == kDamageNames.end()) return false;
  (*shares)[static_cast<size_t>(found - kDamageNames.begin())] = *share;
  return true;
}

}  // namespace

std::optional<DamageShares> ParseDamage(std::string_view text) {
  DamageShares shares{};
  while (!text.empty()) {
    const size_t end = std::min(text.find(','), text.size());
    if (!ApplyWord(text.substr(0, end), &shares)) return std::nullopt;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (std::accumulate(shares.begin(), shares.end(), 0.0) > 1.0000001) return std::nullopt;
  return shares;
}

FrameGenerator::FrameGenerator(const GeneratorOptions& options)
    : options_(options), user_seed_(Random::Mix(options.seed)), random_(options.seed) {
  const size_t size = std::max<size_t>(options.frame_bytes, 1);
  const size_t count = std::clamp<size_t>(kTemplateBytes / size, 64, kTemplates);
  for (size_t i = 0; i < count; ++i) {
    const size_t varied = size * static_cast<size_t>(random_.Between(75, 125)) / 100;
    const bool is_escaped = random_.Chance(0.05);
    templates_.push_back(MakeFrameTemplate(
        &random_, varied, is_escaped ? FrameTemplate::UidForm::kEscaped : FrameTemplate::UidForm::kString));
    if (i % kNumericUsers == 0) {
      numeric_templates_.push_back(MakeFrameTemplate(&random_, varied, FrameTemplate::UidForm::kNumber));
    }
  }
  damage_share_ = std::accumulate(options.damage.begin(), options.damage.end(), 0.0);
}

GeneratedRecord FrameGenerator::Next() {
  const double progress = static_cast<double>(frames_) / static_cast<double>(std::max<uint64_t>(options_.frames, 1));
  const auto elapsed_s = static_cast<int64_t>(progress * static_cast<double>(options_.minutes * 60));
  return NextAt(options_.start_s + elapsed_s);
}

GeneratedRecord FrameGenerator::NextAt(int64_t now_s) {
  ++frames_;
  GeneratedRecord record;
  record.partition = static_cast<int32_t>(random_.Below(static_cast<uint64_t>(options_.partitions)));
  const uint64_t user = random_.Below(options_.users);
  int64_t ts = now_s;
  if (options_.delay_s > 0) ts = std::max(options_.start_s, ts - random_.Between(0, options_.delay_s));
  const std::optional<Damage> damage = AnyDamage();
  if (damage) ts = DamagedTs(*damage, ts);
  const FrameTemplate& form = AnyTemplate(IsNumeric(user));
  Fill(form, ts, user);
  if (damage) DamageBytes(*damage, form);
  record.has_value = damage != Damage::kNull;
  record.empty_line = damage == Damage::kEmptyLine;
  record.value = frame_;
  return record;
}

const FrameTemplate& FrameGenerator::AnyTemplate(bool is_numeric_user) {
  const bool as_number = is_numeric_user && random_.Chance(0.5);
  const std::vector<FrameTemplate>& templates = as_number ? numeric_templates_ : templates_;
  return templates[random_.Below(templates.size())];
}

void FrameGenerator::Fill(const FrameTemplate& form, int64_t ts, uint64_t user) {
  frame_.assign(form.bytes);
  PutHex(random_.Next(), &frame_[form.event_id.at]);
  char uid[kUidLength];
  PutUid(user, user_seed_, uid);
  if (form.uid_form == FrameTemplate::UidForm::kEscaped) {
    static_assert(kUidLength > 1);
    std::memcpy(&frame_[form.uid.at], "\\u00", 4);
    frame_[form.uid.at + 4] = "0123456789abcdef"[uid[0] >> 4];
    frame_[form.uid.at + 5] = "0123456789abcdef"[uid[0] & 15];
    std::memcpy(&frame_[form.uid.at + 6], uid + 1, kUidLength - 1);
  } else {
    std::memcpy(&frame_[form.uid.at], uid, kUidLength);
  }
  if (HasTenDigits(ts)) {
    PutDigits(static_cast<uint64_t>(ts), 10, &frame_[form.ts.at]);
  } else {
    Replace(form.ts_value, std::to_string(ts));
  }
}

std::optional<Damage> FrameGenerator::AnyDamage() {
  if (damage_share_ == 0) return std::nullopt;
  double x = random_.Unit();
  for (size_t i = 0; i < kDamages; ++i) {
    x -= options_.damage[i];
    if (x < 0) return static_cast<Damage>(i);
  }
  return std::nullopt;
}

int64_t FrameGenerator::DamagedTs(Damage damage, int64_t ts) {
  switch (damage) {
    case Damage::kFlippedTs: return ts ^ int64_t { 1 } << random_.Below(37);
    case Damage::kHostAhead: return ts + kHourS;
    case Damage::kHostBehind: return ts - kDayS;
    case Damage::kLate: return ts - random_.Between(60, 600);
    default: return ts;
  }
}

// `form` still says where things stand: only one damage is done to a frame, and those of the time are others.
void FrameGenerator::DamageBytes(Damage damage, const FrameTemplate& form) {
  static constexpr const char* kBadUtf8[] = {"\xC3", "\xA9", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"};
  static constexpr const char* kLoneSurrogates[] = {"\\ud83d", "\\uDE00", "\\ud83d\\ud83d\\ude00", "\\ud83dx\\ude00"};
  static constexpr const char* kTails[] = {"x", "{}", "}", ",", "]", " null", "//"};
  static constexpr const char* kNoObjects[] = {"null", "true", "1468244400", "\"ts\"", "[]"};
  static constexpr const char* kBadTimes[] = {"null",
                                              "true",
                                              "-1",
                                              "1e400",
                                              "100000000000000",
                                              "\"soon\"",
                                              "\"\"",
                                              "{}",
                                              "\"1468244400.5\"",
                                              "[1468244400]",
                                              "\"000000000001468244400\""};
  static constexpr const char* kBadUsers[] = {"null", "false", "\"\"", "1.5", "1e3", "[\"a\"]", "{\"uid\":\"a\"}"};
  static constexpr const char* kOverrides[] = {",\"ts\":null}", ",\"uid\":\"\"}", ",\"\\u0074s\":\"x\"}",
                                               ",\"uid\":{}}"};
  const auto anywhere = [this] { return static_cast<size_t>(random_.Below(frame_.size() + 1)); };
  switch (damage) {
    case Damage::kBrokenJson: return BreakJson();
    case Damage::kTruncated: return frame_.resize(1 + random_.Below(frame_.size() - 1));
    case Damage::kInvalidUtf8: return Insert(anywhere(), random_.Pick(kBadUtf8));
    case Damage::kBom: return Insert(0, "\xEF\xBB\xBF");
    case Damage::kLoneSurrogate: return AddMember(std::string("\"lone\":\"") + random_.Pick(kLoneSurrogates) + '"');
    case Damage::kNulByte: return Insert(random_.Chance(0.5) ? frame_.size() : anywhere(), std::string_view("\0", 1));
    case Damage::kTrailing: return Insert(frame_.size(), random_.Pick(kTails));
    case Damage::kDeep: {
      static constexpr size_t kDepths[] = {511, 512, 2'000};  // the first is still allowed
      const size_t depth = random_.Pick(kDepths);
      return AddMember("\"deep\":" + std::string(depth, '[') + std::string(depth, ']'));
    }
    case Damage::kTooLarge: {
      const size_t missing = options_.too_large_bytes - std::min(options_.too_large_bytes, frame_.size());
      return AddMember("\"large\":\"" + std::string(missing, 'x') + '"');
    }
    case Damage::kNotObject: frame_ = random_.Pick(kNoObjects); return;
    case Damage::kNoTs: return ReplaceAll(form.ts_keys, "Ts");
    case Damage::kBadTs: return Replace(form.ts_value, random_.Pick(kBadTimes));
    case Damage::kNoUid: return ReplaceAll(form.uid_keys, "uid ");
    case Damage::kBadUid:
      return random_.Chance(0.2) ? Replace(form.uid_value, '"' + std::string(limits::kMaxUidBytes + 1, 'u') + '"')
                                 : Replace(form.uid_value, random_.Pick(kBadUsers));
    case Damage::kNull: frame_ = "null"; return;
    case Damage::kCrlf: return Insert(frame_.size(), "\r");
    case Damage::kDuplicateKeys: return Replace({frame_.size() - 1, 1}, random_.Pick(kOverrides));
    case Damage::kEscapedKeys:
      return random_.Chance(0.5) ? ReplaceAll(form.ts_keys, "\\u0074s") : ReplaceAll(form.uid_keys, "u\\u0069\\u0064");
    case Damage::kFlippedTs:
    case Damage::kHostAhead:
    case Damage::kHostBehind:
    case Damage::kLate:
    case Damage::kEmptyLine: return;
  }
}

// Takes away, doubles or exchanges a mark of punctuation. Inside a string that may leave a right frame.
void FrameGenerator::BreakJson() {
  static constexpr const char* kOthers[] = {"", ",,", ";", "}", "]", "\"", "\\", "\t", "0x"};
  const size_t from = random_.Below(frame_.size());
  const size_t at = std::min(frame_.find_first_of("{}[]:,\"", from), frame_.size() - 1);
  Replace({at, 1}, random_.Pick(kOthers));
}

void FrameGenerator::Replace(Span span, std::string_view text) { frame_.replace(span.at, span.length, text); }

// From the last one on, so that the places of the others hold.
void FrameGenerator::ReplaceAll(const std::vector<Span>& spans, std::string_view text) {
  for (auto span = spans.rbegin(); span != spans.rend(); ++span) Replace(*span, text);
}

void FrameGenerator::AddMember(const std::string& member) { Insert(1, member + ","); }

}  // namespace headcount::test
