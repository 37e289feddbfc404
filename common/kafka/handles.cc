#include "common/kafka/handles.h"

#include <librdkafka/rdkafka.h>

namespace headcount::kafka {

void DropHandle::operator()(rd_kafka_s* handle) const {
  if (rd_kafka_type(handle) == RD_KAFKA_PRODUCER) {
    // Else destroying would wait for messages in flight, up to their timeout.
    rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(handle, 0);
  }
  rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void DestroyConf::operator()(rd_kafka_conf_s* conf) const { rd_kafka_conf_destroy(conf); }

void DestroyQueue::operator()(rd_kafka_queue_s* queue) const { rd_kafka_queue_destroy(queue); }

void DestroyPartitionList::operator()(rd_kafka_topic_partition_list_s* list) const {
  rd_kafka_topic_partition_list_destroy(list);
}

}  // namespace headcount::kafka
