// Frames for the bench, as a challenge's own generator makes them: keys in any order, random names, nested objects with
// decoy keys, escapes every few bytes, some UTF-8. Runs in the programs of this folder.
//
// tests/support/generator.h makes richer frames (numbers for users, repeated keys, damage). Here every frame is one
// that the rivals understand too, and a pool of bodies is large enough that no branch predictor learns them by heart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/random.h"

namespace headcount::bench {

inline constexpr size_t kTsDigits = 10;
inline constexpr size_t kUidBytes = 16;
inline constexpr size_t kDefaultFrameBytes = 930;
inline constexpr int64_t kFirstTs = 1468244400;  // a whole minute

// A frame, and where its root's ts (ten digits) and uid (sixteen letters, within quotes) stand in it.
struct FrameBody {
  std::string bytes;
  size_t ts_at = 0;
  size_t uid_at = 0;

  void Put(int64_t ts, uint64_t user);
};

class FrameMaker {
 public:
  explicit FrameMaker(uint64_t seed, size_t frame_bytes = kDefaultFrameBytes)
      : random_(seed), frame_bytes_(frame_bytes) {}

  // About `frame_bytes` long: within half a field of it.
  FrameBody Make();

 private:
  std::string Joined(const std::vector<std::string>& fields);
  void AppendWord(std::string* out);
  std::string Field(int depth);
  std::string Text();
  std::string Value(int depth);

  test::Random random_;
  const size_t frame_bytes_;
};

// What is asked for: the same options make the same frames.
struct FramePlan {
  uint64_t seed = 1;
  uint64_t frames = 1'000'000;
  uint64_t users = 100'000;  // a minute
  uint64_t minutes = 10;
  size_t frame_bytes = kDefaultFrameBytes;
  int32_t partitions = 4;
};

// The frames of a plan, one after the other: each minute has its share of them, in order of time; within a minute the
// users take turns in a scrambled order, so that a minute of n frames has exactly min(n, users) distinct ones.
// The partition is drawn for each frame, so every partition sees every user sooner or later.
class FrameStream {
 public:
  struct Frame {
    int32_t partition;
    std::string_view bytes;  // lives until the next one
  };
  struct Minute {
    int64_t start;
    uint64_t events;
    uint64_t unique_users;
  };

  explicit FrameStream(const FramePlan& plan);

  bool Done() const { return next_ == plan_.frames; }
  Frame Next();

  // The right answer for the whole plan, known without any counting.
  std::vector<Minute> ExpectedMinutes() const;

 private:
  uint64_t FirstOfMinute(uint64_t minute) const;
  void EnterMinute(uint64_t minute);

  const FramePlan plan_;
  test::Random random_;
  std::vector<FrameBody> pool_;
  uint64_t next_ = 0;
  uint64_t minute_ = 0;
  uint64_t minute_begin_ = 0;  // frames [minute_begin_, minute_end_)
  uint64_t minute_end_ = 0;
  uint64_t user_ = 0;       // of the next frame
  uint64_t user_step_ = 1;  // shares no divisor with the number of users, so that all of them get their turn
};

}  // namespace headcount::bench
