#include "common/kafka/batch_limit.h"

#include <algorithm>

namespace headcount::kafka {
namespace {

constexpr int64_t kShrinkBy = 16;
// Below this a batch holds few records anyway.
constexpr int64_t kFewBytes = 1'000;
// The broker answers each batch before the client sends the sixth after it. With 20 ms to the broker they take two
// seconds.
constexpr int64_t kBatchesATransaction = 500;
// A record of a minute has about 200 bytes, and 70 bytes of framing.
constexpr int64_t kRecordBytes = 300;

}  // namespace

std::optional<BatchLimit> SmallerThan(const BatchLimit& limit, int64_t refused_bytes,
                                      std::optional<int64_t> topic_takes_bytes) {
  if (limit.one_record) return std::nullopt;
  if (topic_takes_bytes && *topic_takes_bytes > 0 && *topic_takes_bytes < refused_bytes) {
    return BatchLimit{*topic_takes_bytes, false};
  }
  // If the topic tells its limit and still refuses less, a smaller guess would not help.
  const int64_t smaller = refused_bytes / kShrinkBy;
  if (topic_takes_bytes || smaller < kFewBytes) return BatchLimit{limit.bytes, true};
  return BatchLimit{smaller, false};
}

size_t RecordsWithin(const BatchLimit& limit, size_t max_records) {
  int64_t records_a_batch = limit.bytes > 0 ? std::max<int64_t>(1, limit.bytes / kRecordBytes) : kBatchesATransaction;
  if (limit.one_record) records_a_batch = 1;
  return std::min(max_records, static_cast<size_t>(kBatchesATransaction * records_a_batch));
}

}  // namespace headcount::kafka
