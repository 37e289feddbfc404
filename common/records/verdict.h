// The verdict of a record, and the reason of an invalid one. Pure; every process uses it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace headcount {

// Every record gets exactly one.
enum class Verdict : uint8_t { kCounted, kLate, kInvalid, kFuture };

// Why a record is invalid. If several reasons hold, the first in this order counts.
enum class InvalidReason : uint8_t {
  kNoValue,    // a Kafka record without a value
  kTooLarge,   // longer than --max-frame
  kPoison,     // killed the decoder twice
  kNotJson,    // syntax, encoding, depth, trailing bytes
  kNotObject,  // JSON, but its root is no object
  kNoTs,       // no root key "ts"
  kBadTs,      // the last root "ts" is no usable time
  kNoUid,      // no root key "uid"
  kBadUid,     // the last root "uid" is no usable id
};
inline constexpr size_t kInvalidReasons = 9;

// The names in the status file and in the log.
inline constexpr std::array<const char*, kInvalidReasons> kInvalidReasonNames = {
    "no_value", "too_large", "poison", "not_json", "not_object", "no_ts", "bad_ts", "no_uid", "bad_uid"};

constexpr const char* Name(InvalidReason reason) { return kInvalidReasonNames[static_cast<size_t>(reason)]; }

// How many records got each verdict.
struct VerdictCounts {
  uint64_t counted = 0;
  uint64_t late = 0;
  uint64_t future = 0;
  std::array<uint64_t, kInvalidReasons> invalid_by_reason{};

  uint64_t invalid() const {
    uint64_t sum = 0;
    for (const uint64_t n : invalid_by_reason) sum += n;
    return sum;
  }
  uint64_t records() const { return counted + late + future + invalid(); }
  bool empty() const { return records() == 0; }

  VerdictCounts& operator+=(const VerdictCounts& other) {
    counted += other.counted;
    late += other.late;
    future += other.future;
    for (size_t i = 0; i < kInvalidReasons; ++i) invalid_by_reason[i] += other.invalid_by_reason[i];
    return *this;
  }
  friend bool operator==(const VerdictCounts& a, const VerdictCounts& b) {
    return a.counted == b.counted && a.late == b.late && a.future == b.future &&
           a.invalid_by_reason == b.invalid_by_reason;
  }
};

// The most frequent reason; among equals the first. Nothing: no record is invalid.
std::optional<InvalidReason> MostFrequent(const VerdictCounts& counts);
// "60 bad_ts, 2 not_json": the reasons that occur, the most frequent first.
std::string ReasonsText(const VerdictCounts& counts);

}  // namespace headcount
