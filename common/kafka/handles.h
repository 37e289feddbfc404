// Owning pointers for librdkafka's C handles, so that nothing leaks and nothing is destroyed twice. No
// header of the project includes rdkafka.h: this folder's .cc files are the only door to it.
#pragma once

#include <memory>

struct rd_kafka_s;
struct rd_kafka_conf_s;
struct rd_kafka_queue_s;
struct rd_kafka_topic_partition_list_s;

namespace headcount::kafka {

class Reception;

// Destroys a client without leaving a group, waiting for the broker or delivering what is queued: what is
// not committed is worth nothing, and a child must be able to go at once. Bounded: a client that does not end
// within 2 s is left behind with its threads.
struct DropHandle {
  void operator()(rd_kafka_s* handle) const;
  std::shared_ptr<Reception> reception;  // what the client's threads tell; lives as long as they do
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
