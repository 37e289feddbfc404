// What the right counts are: the counting rule once more, written from its text alone, without the
// program's decoder, judge, windows or fingerprints. Runs in tests and in headcount-oracle.
//
// It is slow and keeps everything: whole logs, users as bytes in a std::set. So it can be read against the
// rule line by line, and it shares no mistake with what it checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/limits.h"
#include "common/base/types.h"
#include "common/records/verdict.h"

namespace headcount::test {

// --- Bytes to a frame, or to the reason why not ---------------------------------------------------------

struct OracleFrame {
  int64_t ts = 0;  // whole seconds
  std::string uid;
};
using OracleDecoded = std::variant<OracleFrame, InvalidReason>;

OracleDecoded OracleDecode(std::string_view bytes, size_t max_frame_bytes = limits::kMaxFrameBytes);

// --- One partition --------------------------------------------------------------------------------------

// Smaller ones let a property test reach every rule with short logs.
struct OracleBounds {
  size_t unconfirmed_frames = limits::kUnconfirmedFrames;
  uint64_t unconfirmed_records = limits::kUnconfirmedRecords;
  int32_t confirmations = limits::kConfirmations;
};

struct OracleWindow {
  std::set<std::string> users;
  VerdictCounts counts;
};

class OraclePartition {
 public:
  explicit OraclePartition(const CountingRule& rule, const OracleBounds& bounds = {},
                           size_t max_frame_bytes = limits::kMaxFrameBytes)
      : rule_(rule), bounds_(bounds), max_frame_bytes_(max_frame_bytes) {}

  // The next record, as bytes (none: a Kafka record without a value), or as what became of them.
  void Record(const std::optional<std::string>& value);
  void Frame(int64_t ts, const std::string& uid);
  void Invalid(InvalidReason reason);

  // The partition is excused here, at that wall clock: what is held is settled.
  void End(int64_t now_s);
  // A seal has passed the excused partition up to this boundary.
  void RaiseClock(int64_t boundary_s);

  // The job is started again here with these, when every window before `published_frontier_s` is published (none:
  // nothing is). What it has published must not change: so they are in force once this partition's clock has passed
  // that by the lateness before, and from then on frames of windows that are published are late whatever the new
  // lateness is.
  void StartAgain(const std::optional<int64_t>& published_frontier_s, int64_t lateness_s, int64_t max_jump_s);

  const std::map<int64_t, OracleWindow>& windows() const { return windows_; }  // by their start
  const VerdictCounts& waiting() const { return waiting_; }  // verdicts for the first window that opens
  const std::optional<int64_t>& watermark() const { return watermark_; }
  size_t held() const { return held_.size(); }
  uint64_t records() const { return records_; }

 private:
  struct Held {
    int64_t ts;
    std::string uid;
    int32_t score;
    uint64_t record;  // which record of the partition it was, the first is 1
  };

  struct Start {
    std::optional<int64_t> published_frontier_s;
    int64_t lateness_s;
    int64_t max_jump_s;
  };

  void TakeNewRule();
  bool IsPast(int64_t boundary_s) const;
  bool IsWithinReach(int64_t ts) const { return watermark_ && ts <= *watermark_ + rule_.max_jump_s; }
  void Accept(int64_t ts, const std::string& uid);
  void Hold(int64_t ts, const std::string& uid);
  void AcceptWhatIsConfirmed();
  void LetGoWhatIsOld();
  void OldestIsFuture();
  VerdictCounts& CountsAtWatermark();
  OracleWindow& WindowOf(int64_t ts);

  CountingRule rule_;
  std::optional<int64_t> published_frontier_s_;  // at the newest start whose rule is in force
  std::vector<Start> starts_;                    // later ones
  const OracleBounds bounds_;
  const size_t max_frame_bytes_;
  std::optional<int64_t> watermark_;
  std::vector<Held> held_;  // in the order of the records
  std::map<int64_t, OracleWindow> windows_;
  VerdictCounts waiting_;
  uint64_t records_ = 0;
};

// --- All of them ----------------------------------------------------------------------------------------

struct OracleMinute {
  int64_t window_start = 0;
  uint64_t unique_users = 0;
  uint64_t events = 0;
  uint64_t late = 0;
  uint64_t invalid = 0;
  uint64_t future = 0;

  friend bool operator==(const OracleMinute& a, const OracleMinute& b) {
    return a.window_start == b.window_start && a.unique_users == b.unique_users && a.events == b.events &&
           a.late == b.late && a.invalid == b.invalid && a.future == b.future;
  }
};

struct OracleCounts {
  std::vector<OracleMinute> minutes;  // in order of time
  uint64_t records = 0;
  VerdictCounts totals;   // over all minutes, with the reasons
  VerdictCounts waiting;  // of partitions that never opened a window
};

// records = totals + waiting + what is still held, which is nothing after End().
OracleCounts OracleUnion(const std::vector<const OraclePartition*>& partitions);

using OracleLog = std::vector<std::optional<std::string>>;
// Every log whole, then excused at that wall clock, as `--until-end` does.
OracleCounts OracleCount(const std::vector<OracleLog>& logs, const CountingRule& rule, int64_t now_s,
                         size_t max_frame_bytes = limits::kMaxFrameBytes);

// The records of a file: its lines, without the empty ones and those of a lone carriage return, and without a byte
// order mark at its very beginning.
OracleLog OracleLines(std::string_view file);

// The output record of a minute: one line, without its end.
std::string OracleJson(const OracleMinute& minute, int64_t window_s);

}  // namespace headcount::test
