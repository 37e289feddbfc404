// Owning pointers for librdkafka's C handles, so that nothing leaks and nothing is destroyed twice. Runs in workers and
// writer. Only the .cc files of this folder, and errors.h for them, include rdkafka.h.
#pragma once

#include <memory>

struct rd_kafka_s;
struct rd_kafka_conf_s;
struct rd_kafka_queue_s;
struct rd_kafka_topic_partition_list_s;

namespace headcount::kafka {

class ConnectionErrors;

// Destroys a client at once: it does not leave a group, wait for the broker, or deliver queued records. What is not
// committed is worth nothing, and a child must be able to end at once. Bounded: a client that does not end within 2 s
// is abandoned with its threads.
struct DropHandle {
  void operator()(rd_kafka_s* handle) const;
  std::shared_ptr<ConnectionErrors> connection_errors;  // written by the client's threads; lives as long as they do
};
struct DestroyConf {
  void operator()(rd_kafka_conf_s* conf) const;
};
struct DestroyQueue {
  void operator()(rd_kafka_queue_s* queue) const;
};
struct DestroyPartitionList {
  void operator()(rd_kafka_topic_partition_list_s* list) const;
};

using Handle = std::unique_ptr<rd_kafka_s, DropHandle>;
using Conf = std::unique_ptr<rd_kafka_conf_s, DestroyConf>;
using Queue = std::unique_ptr<rd_kafka_queue_s, DestroyQueue>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_s, DestroyPartitionList>;

}  // namespace headcount::kafka
