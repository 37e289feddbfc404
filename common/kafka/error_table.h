// What each error of a record, a transaction or a question means for the job. One table lists every code that
// librdkafka knows, from 2.0.2 to the newest. Pure. Runs in worker and writer. tests/unit/error_table_test.cc compares
// the table with the library's own list.
#pragma once

#include <string_view>

namespace headcount::kafka {

// In the order of weight: of several errors of one transaction the heaviest decides.
enum class ErrorClass {
  kForeign,         // follows from something that we do not do; if it comes all the same, as kStartOver
  kRetry,           // passes by itself: the client asks again, and so do we
  kStartOver,       // this client is spent: make a new one, find out what happened, try again
  kSmallerBatches,  // the same with smaller batches; if a single record is refused, kHumanNeeded
  kTryAgain,        // this process cannot do it: exit 75
  kMissing,         // a topic is missing: exit 78, unless only one broker did not know it yet
  kHumanNeeded,     // another try would fail in the same way: exit 78
};

const char* Name(ErrorClass error_class);

struct KnownError {
  int code;               // rd_kafka_resp_err_t; a number, because an older header lacks the newer names
  std::string_view name;  // rd_kafka_err2name()
  ErrorClass error_class;
};

// The entry of a code. nullptr: librdkafka is newer than the table.
const KnownError* FindError(int code);

// kStartOver if the table does not know the code: a new client and a look at the committed offsets suit every error.
ErrorClass ClassOf(int code);

}  // namespace headcount::kafka
