// What a user can set for `headcount run`, after parsing and checking. Plain data: the coordinator fills it, and every
// other process gets a copy through the fork. The defaults are the documented ones.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/base/limits.h"
#include "common/base/types.h"
#include "common/decode/frame_decoder.h"
#include "common/log/log_line.h"

namespace headcount {

// Where reading starts in a partition without a committed offset.
struct StartFrom {
  enum class Kind { kEarliest, kLatest, kTime };
  Kind kind = Kind::kEarliest;
  EventTime time;  // kTime only: the first record whose Kafka timestamp is not before it
};

enum class OnLostInput { kFail, kContinue };

struct KafkaProperty {
  enum class Scope { kBoth, kConsumer, kProducer };
  Scope scope = Scope::kBoth;
  std::string key;
  std::string value;
  std::string label = {};  // how messages about it begin if no flag set it: "/etc/headcount.conf:12: X.linger.ms"
  std::string file = {};   // the file that held the secret; empty: the value was given directly
};

struct RunOptions {
  // Input: Kafka, or files if `files` is not empty ("-" is stdin).
  std::string bootstrap_server = "localhost:9092";
  std::string input_topic = "user_events";
  std::string output_topic = "event_metrics";
  std::string group = "headcount";
  std::vector<KafkaProperty> properties;  // -X, in order
  std::vector<std::string> files;

  // How far to read.
  bool until_end = false;
  bool leave_open = false;
  bool publish_open = false;
  StartFrom from;
  OnLostInput on_lost_input = OnLostInput::kFail;
  bool ignore_tombstones = false;  // records without a value get no verdict

  // The counting rule, and when a partition holds the low watermark.
  CountingRule rule;
  FieldNames fields;
  int64_t max_skew_s = limits::kDefaultMaxSkewS;
  int64_t idle_timeout_ms = limits::kDefaultIdleTimeoutMs;
  int64_t max_hold_ms = 0;  // 0: off

  // Resources.
  int32_t workers = 1;  // the command line's default is the number of cores
  uint64_t memory_bytes = limits::kDefaultMemoryBytes;
  uint64_t max_frame_bytes = limits::kMaxFrameBytes;

  std::string status_file;
  std::string metrics_file;    // empty: none
  std::string metrics_listen;  // HOST:PORT; empty: none
  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
  std::string log_file;  // empty: stderr

  bool reads_files() const { return !files.empty(); }
};

}  // namespace headcount
