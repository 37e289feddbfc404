// Writes one line per death, with all facts about it. Pure; the coordinator logs it.
//   worker=3 pid=4711 generation=7 signal=9 uptime_s=61 partitions=[2,5] action=restart delay_ms=1000
//   writer pid=4710 generation=1 exit=78 uptime_s=3 action=end
//   worker=1 pid=4713 generation=1 signal=9 cause=memory uptime_s=3 partitions=[1,4] action=restart delay_ms=200
//   worker=1 pid=4713 generation=1 ended_by=job uptime_s=3 partitions=[1,4] action=end
//   worker=0 pid=4712 generation=2 signal=11 uptime_s=0 partitions=[0] mark=0@118 action=poison delay_ms=400
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/types.h"

namespace headcount {

// The frame that the decoder was reading.
struct FrameMark {
  PartitionId partition;
  Offset offset;

  friend bool operator==(const FrameMark& a, const FrameMark& b) {
    return a.partition == b.partition && a.offset == b.offset;
  }
};

// How a child ended.
struct Death {
  enum class Kind { kExited, kSignaled, kNotStarted };  // kNotStarted: the fork itself failed; code is its errno
  Kind kind = Kind::kExited;
  int code = 0;  // exit code or signal
  int64_t pid = 0;
  bool by_memory_killer = false;  // of the kernel, as far as its counts tell
  std::string last_words = {};    // the child's last error, in its own words; empty: it stored none
};

// What the coordinator does about the death.
enum class DeathAction { kRestart, kPoison, kStartOver, kEnd };

const char* Name(DeathAction action);

struct Obituary {
  std::optional<SlotId> slot;  // none: the writer
  Generation generation;
  Death death;
  bool was_hung = false;      // the coordinator killed it because its heartbeat stopped
  bool ended_by_job = false;  // the coordinator killed it because the job ends or starts over
  int64_t uptime_s = 0;
  std::vector<PartitionId> partitions;  // of a worker
  std::optional<FrameMark> mark;
  DeathAction action = DeathAction::kRestart;  // kPoison: restart, and leave out the marked frame
  int64_t delay_ms = 0;                        // until the restart; unused with kEnd
};

// The cause in one word, if it is known: "job", "heartbeat" (it hung), "memory" (the group's was used up); otherwise
// empty.
const char* CauseWord(const Obituary& obituary);
std::string ListText(const std::vector<PartitionId>& partitions);  // [2,5]
std::string Text(const Obituary& obituary);

}  // namespace headcount
