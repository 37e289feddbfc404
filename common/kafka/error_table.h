// What each error of producing, of a transaction or of a question means for the job: one table of every code that
// librdkafka knows, from 2.0.2 to the newest. Pure; runs in worker and writer. tests/unit/error_table_test.cc
// walks the library's own list.
#pragma once

#include <string_view>

namespace headcount::kafka {

// In the order of weight: of several errors of one transaction the heaviest says what becomes of it.
enum class ErrorClass {
  kForeign,         // comes of something that we do not do; if it comes all the same, as kStartOver
  kRetry,           // passes by itself: the client asks again, and so do we
  kStartOver,       // this client is spent: a new one, find out what happened, again
  kSmallerBatches,  // the same with smaller batches; where a record alone is refused, kHumanNeeded
  kTryAgain,        // this process will not do it: exit 75
  kMissing,         // a topic is not there: exit 78 unless it was only a broker that did not know it yet
  kHumanNeeded,     // the same again would fail again: exit 78
};

const char* Name(ErrorClass error_class);

struct KnownError {
  int code;               // rd_kafka_resp_err_t; ours to write down, as an older header lacks the newer names
  std::string_view name;  // rd_kafka_err2name()
  ErrorClass error_class;
};

// The entry of a code; nullptr: a librdkafka newer than the table.
const KnownError* FindError(int code);

// kStartOver where the table does not know it: a new client and a look at what Kafka holds are right for anything.
ErrorClass ClassOf(int code);

}  // namespace headcount::kafka
