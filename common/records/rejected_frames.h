// Where the last uncounted frame of each kind is (invalid, by reason; future; late), so that a user can look at it.
// Plain data; every process uses it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "common/base/types.h"
#include "common/records/verdict.h"

namespace headcount {

// The invalid reasons by their numbers, then future and late.
inline constexpr size_t kRejectedKinds = kInvalidReasons + 2;
inline constexpr size_t kFutureKind = kInvalidReasons;
inline constexpr size_t kLateKind = kInvalidReasons + 1;
constexpr const char* RejectedKindName(size_t kind) {
  if (kind == kLateKind) return "late";
  return kind == kFutureKind ? "future" : kInvalidReasonNames[kind];
}

struct FramePlace {
  PartitionId partition;
  Offset offset;

  friend bool operator==(const FramePlace& a, const FramePlace& b) {
    return a.partition == b.partition && a.offset == b.offset;
  }
};

// By kind; nothing: no frame of that kind was rejected.
using RejectedFrames = std::array<std::optional<FramePlace>, kRejectedKinds>;

}  // namespace headcount
