#include "common/kafka/handles.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "common/base/limits.h"
#include "common/log/log.h"

namespace headcount::kafka {
namespace {

constexpr std::chrono::milliseconds kDropLimit{limits::kDropClientMs};

void Destroy(rd_kafka_t* handle) {
  if (rd_kafka_type(handle) == RD_KAFKA_PRODUCER) {
    // Otherwise destroying waits for the messages in flight, up to their timeout.
    rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(handle, 0);
  }
  rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

}  // namespace

// In librdkafka 2.0.2, destroying a consumer never returns if its topic was deleted. Then we abandon the client with
// its threads. This happens on the way to an error, so the process is about to end.
void DropHandle::operator()(rd_kafka_s* handle) const {
  // The task keeps the connection errors alive, because the client's threads write them until the end.
  std::packaged_task<void()> destroy([handle, told = connection_errors] { Destroy(handle); });
  const std::future<void> destroyed = destroy.get_future();
  std::thread destroyer(std::move(destroy));
  if (destroyed.wait_for(kDropLimit) == std::future_status::ready) {
    destroyer.join();
    return;
  }
  Log(LogAction::kClientAbandoned, "a Kafka client does not end; it is left behind");
  destroyer.detach();
}

void DestroyConf::operator()(rd_kafka_conf_s* conf) const { rd_kafka_conf_destroy(conf); }

void DestroyQueue::operator()(rd_kafka_queue_s* queue) const { rd_kafka_queue_destroy(queue); }

void DestroyPartitionList::operator()(rd_kafka_topic_partition_list_s* list) const {
  rd_kafka_topic_partition_list_destroy(list);
}

}  // namespace headcount::kafka
