// The status file as plain data. The coordinator writes it each second; `headcount status`, `explain` and `health` read
// it. Its fields are those of the JSON object that README.md describes ("Watching it").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/limits.h"
#include "common/base/result.h"
#include "common/records/published_minute.h"
#include "common/records/verdict.h"

namespace headcount {

struct StatusReport {
  struct Writer {
    int64_t pid = 0;
    uint64_t generation = 0;
    uint64_t restarts = 0;
    int64_t committing_ms = 0;  // how long due windows have not been committed; 0: none is due
  };
  struct Worker {
    int32_t slot = 0;
    int64_t pid = 0;  // 0: not running
    uint64_t generation = 0;
    uint64_t restarts = 0;
    std::vector<int32_t> partitions;
    uint64_t records = 0;  // read in this generation
    double records_per_s = 0;
    uint64_t memory_bytes = 0;  // of the slice, in use
  };
  struct Partition {
    int32_t partition = 0;
    int32_t worker = 0;
    int64_t position = -1;  // -1: not known yet; JSON null
    int64_t end = -1;       // -1: not known yet; JSON null
    int64_t lag = -1;       // end - position; -1: not known; JSON null
    bool has_watermark = false;
    int64_t watermark = 0;         // unix seconds; JSON null without one
    int64_t unmoved_since_ms = 0;  // wall clock: when the coordinator first saw the present watermark
    int64_t safe_offset = -1;      // -1: none committed; JSON null
    uint64_t held = 0;
    std::string idle_reason;  // "", "silent", "at_end", "empty", "max_hold"
    std::string state;        // "reading", "caught_up", "ahead", "unknown"
    // Why a partition at its end holds back the low watermark, besides its own last record: "", "leader_away",
    // "leader_returned", "job_woken".
    std::string hold;
    uint64_t invalid_in_a_row = 0;  // its newest records, all of them invalid; 0: the newest is valid
    std::string invalid_reason;     // of the newest of these; empty: there are none
    // The high watermark, if an open transaction begins at `position` and blocks the records behind it until it ends.
    // -1: no transaction does; JSON null.
    int64_t transaction_end = -1;
    int64_t transaction_since_ms = 0;  // wall clock, when the coordinator first saw it there

    // Whether such a transaction holds back the low watermark. On a busy topic some transaction is always open for a
    // moment.
    bool waits_for_transaction(int64_t now_ms) const {
      return idle_reason.empty() && transaction_end >= 0 &&
             now_ms - transaction_since_ms >= limits::kOpenTransactionShownMs;
    }
  };
  struct Holder {
    int32_t partition = 0;
    std::string why;  // a short sentence
  };

  // The options of the job, as far as they explain what it does.
  struct Rule {
    int64_t window_s = 0;  // 0: not known, as from a file of an older headcount
    int64_t lateness_s = 0;
    int64_t max_skew_s = 0;
    int64_t idle_timeout_ms = 0;
    int64_t max_hold_ms = 0;  // 0: off
    bool until_end = false;
    std::string input;             // the topic, or "files"
    std::string output;            // the topic, or "stdout"
    std::string bootstrap_server;  // empty: files
    std::string group = {};        // empty: files, or not known
  };

  // The last frame of a kind that was not counted (rejected_frames.h).
  struct Rejected {
    std::string kind;  // "not_json", "future"
    int32_t partition = 0;
    int64_t offset = 0;
    int64_t seen_ms = 0;     // wall clock, when the coordinator saw it first
    std::string first = {};  // the outline and findings of the kind's first frame (frame_shape.h); empty: none
  };

  int version = 1;
  std::string state;  // "starting", "running", "draining", "done", "failed"
  int64_t updated_at_ms = 0;
  std::string run;  // 16 hex digits; empty before the takeover
  int64_t coordinator_pid = 0;
  Writer writer;
  std::vector<Worker> workers;
  std::vector<Partition> partitions;
  bool has_closed_frontier = false;
  int64_t closed_frontier = 0;  // unix seconds; JSON null before the first
  std::vector<Holder> held_by;
  // Since this start, as published or still open; a replay is not counted twice.
  VerdictCounts totals;     // JSON: records, events, late, invalid, future, invalid_reasons
  uint64_t waiting = 0;     // of `totals`, the unattributed verdicts, before their partition's first window
  uint64_t tombstones = 0;  // without a value and, by --tombstones ignore, without a verdict; of the workers that run
  uint64_t lost = 0;        // taken by retention, or with a recreated topic, under --on-lost-input=continue
  uint64_t minutes_published = 0;
  Rule rule;
  std::vector<Rejected> rejected;       // since this start, by kind
  std::vector<PublishedMinute> recent;  // the last that were published since this start, the newest last

  // All records that have a verdict, and those that need none.
  uint64_t records() const { return totals.records() + tombstones; }
  // The sum over all partitions whose lag is known; nothing if no lag is known.
  std::optional<int64_t> known_lag() const;
  size_t living_workers() const;
};

// Writes one JSON object on one line, with a line end.
std::string ToJson(const StatusReport& report);
// The inverse of ToJson(). An error names the field that is missing or of the wrong type; unknown fields are ignored.
Result<StatusReport> ParseStatusReport(std::string_view json);

Result<StatusReport> ReadStatusFile(const std::string& path);

}  // namespace headcount
