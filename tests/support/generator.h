// Frames for tests, benches and first tries: the same ones for the same options and seed, on every machine.
// Runs in tests and in headcount-generate.
//
// Fast, because it stands in the way of every bench: a frame is a copy of one of a thousand templates with
// time, user and id put in. Damaged frames are made by hand, one by one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/limits.h"
#include "tests/support/frame_template.h"
#include "tests/support/random.h"

namespace headcount::test {

// What may be wrong with a frame, or look so. README.md says what each does.
enum class Damage : uint8_t {
  kBrokenJson,
  kTruncated,
  kInvalidUtf8,
  kBom,
  kLoneSurrogate,
  kNulByte,
  kTrailing,
  kDeep,
  kTooLarge,
  kNotObject,
  kNoTs,
  kBadTs,
  kNoUid,
  kBadUid,
  kFlippedTs,
  kHostAhead,
  kHostBehind,
  kLate,
  kNull,
  kEmptyLine,
  kCrlf,
  kDuplicateKeys,
  kEscapedKeys
};
inline constexpr size_t kDamages = 23;
inline constexpr std::array<const char*, kDamages> kDamageNames = {
    "broken-json",    "truncated",   "invalid-utf8", "bom",   "lone-surrogate", "nul-byte",   "trailing",
    "deep",           "too-large",   "not-object",   "no-ts", "bad-ts",         "no-uid",     "bad-uid",
    "flipped-ts",     "host-ahead",  "host-behind",  "late",  "null",           "empty-line", "crlf",
    "duplicate-keys", "escaped-keys"};

// For each kind, the share of the frames that get it.
using DamageShares = std::array<double, kDamages>;

// "truncated,bom:0.2,all:0.001": kinds, each with its share (0.01 if none is given); a later word overrides.
// "all" gives too-large a fiftieth: such frames are a thousand times as long. None: a word means nothing, or
// the shares are more than everything.
std::optional<DamageShares> ParseDamage(std::string_view text);

struct GeneratorOptions {
  uint64_t seed = 1;
  uint64_t frames = 1'000'000;  // the time is spread over them; more may be asked for
  uint64_t users = 100'000;
  int32_t partitions = 4;
  int64_t start_s = 1468244400;  // start and end must have ten digits
  int64_t minutes = 10;
  int64_t delay_s = 0;  // a frame's time lies up to this far behind
  size_t frame_bytes = 1000;
  size_t too_large_bytes = limits::kMaxFrameBytes + 1;
  DamageShares damage{};
};

struct GeneratedRecord {
  int32_t partition = 0;
  bool has_value = true;    // else a Kafka record without one; `value` is then a line that is as invalid
  bool empty_line = false;  // in a file: one stands before it
  std::string_view value;   // holds no line feed; lives until the next record
};

class FrameGenerator {
 public:
  explicit FrameGenerator(const GeneratorOptions& options);

  // The next frame, at its time within the plan.
  GeneratedRecord Next();
  // The next frame, at that time.
  GeneratedRecord NextAt(int64_t now_s);

 private:
  using Span = FrameTemplate::Span;

  const FrameTemplate& AnyTemplate(bool is_numeric_user);
  void Fill(const FrameTemplate& form, int64_t ts, uint64_t user);
  std::optional<Damage> AnyDamage();
  int64_t DamagedTs(Damage damage, int64_t ts);
  void DamageBytes(Damage damage, const FrameTemplate& form);
  void BreakJson();
  void Replace(Span span, std::string_view text);
  void ReplaceAll(const std::vector<Span>& spans, std::string_view text);
  void Insert(size_t at, std::string_view text) { Replace({at, 0}, text); }
  void AddMember(const std::string& member);  // as the first one

  const GeneratorOptions options_;
  const uint64_t user_seed_;
  Random random_;
  std::vector<FrameTemplate> templates_;          // with uids as strings
  std::vector<FrameTemplate> numeric_templates_;  // with uids as numbers
  double damage_share_ = 0;
  uint64_t frames_ = 0;
  std::string frame_;
};

}  // namespace headcount::test
