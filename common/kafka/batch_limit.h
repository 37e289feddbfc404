// Chooses the size of the producer's batches. librdkafka fills each with up to a megabyte of records, whatever the
// topic takes, and does not split a refused one. Pure. Runs in the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace headcount::kafka {

struct BatchLimit {
  int64_t bytes = 0;        // of a batch of several records; 0: librdkafka's default
  bool one_record = false;  // each batch holds only one record

  friend bool operator==(const BatchLimit& a, const BatchLimit& b) {
    return a.bytes == b.bytes && a.one_record == b.one_record;
  }
};

// The limit to try after brokers refused batches of up to `refused_bytes` under `limit`. First it is what the topic
// takes (max.message.bytes). If that is unknown or does not explain the refusal, it is a sixteenth, and at last one
// record a batch. nullopt: the brokers refused a single record.
std::optional<BatchLimit> SmallerThan(const BatchLimit& limit, int64_t refused_bytes,
                                      std::optional<int64_t> topic_takes_bytes);

// The most records that a transaction should hold under `limit`: each batch costs a request.
size_t RecordsWithin(const BatchLimit& limit, size_t max_records);

}  // namespace headcount::kafka
