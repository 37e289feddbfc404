// How large the producer's batches may be. librdkafka fills each with up to a megabyte of records, whatever the topic
// takes, and does not split one that is refused. Pure; for the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace headcount::kafka {

struct BatchLimit {
  int64_t bytes = 0;        // of a batch of several records; 0: librdkafka's own
  bool one_record = false;  // each batch holds one record alone

  friend bool operator==(const BatchLimit& a, const BatchLimit& b) {
    return a.bytes == b.bytes && a.one_record == b.one_record;
  }
};

// What to try after batches of up to `refused_bytes` were refused under `limit`: what the topic says it takes
// (max.message.bytes); where that is not known or does not explain it, a sixteenth, and in the end one record in a
// batch. Nothing: a record alone was refused.
std::optional<BatchLimit> SmallerThan(const BatchLimit& limit, int64_t refused_bytes,
                                      std::optional<int64_t> topic_takes_bytes);

// How many records a transaction had better hold at most, where its batches are that small: each batch is a request.
size_t RecordsWithin(const BatchLimit& limit, size_t max_records);

}  // namespace headcount::kafka
