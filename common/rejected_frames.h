// Where the last frame of each kind stands that is not counted although it is not late: invalid, by reason, or future.
// So that somebody can look at it. Plain data; every process uses it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "common/types.h"
#include "common/verdict.h"

namespace headcount {

// The invalid reasons by their numbers, and future behind them.
inline constexpr size_t kRejectedKinds = kInvalidReasons + 1;
inline constexpr size_t kFutureKind = kInvalidReasons;
constexpr const char* RejectedKindName(size_t kind) {
  return kind == kFutureKind ? "future" : kInvalidReasonNames[kind];
}

struct FramePlace {
  PartitionId partition;
  Offset offset;

  friend bool operator==(const FramePlace& a, const FramePlace& b) {
    return a.partition == b.partition && a.offset == b.offset;
  }
};

// By kind; nothing: there was none.
using RejectedFrames = std::array<std::optional<FramePlace>, kRejectedKinds>;

}  // namespace headcount
