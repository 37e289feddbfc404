#include "common/kafka/offsets_call.h"

#include <chrono>
#include <future>
#include <utility>

#include "common/base/check.h"

namespace headcount::kafka {
namespace {

struct DestroyGroupMetadata {
  void operator()(rd_kafka_consumer_group_metadata_t* metadata) const {
    rd_kafka_consumer_group_metadata_destroy(metadata);
  }
};
using GroupMetadata = std::unique_ptr<rd_kafka_consumer_group_metadata_t, DestroyGroupMetadata>;

}  // namespace

struct OffsetsCall::State {
  // Set only by Leave(). Destroyed in reverse order, the client first.
  std::shared_ptr<void> used_by_client;
  Handle client;

  GroupMetadata group;
  PartitionList offsets;
  KafkaError error;
  std::promise<void> ended;
};

OffsetsCall::OffsetsCall(rd_kafka_s* handle, const std::string& group, PartitionList offsets, int timeout_ms)
    : state_(std::make_shared<State>()) {
  state_->group.reset(rd_kafka_consumer_group_metadata_new(group.c_str()));
  state_->offsets = std::move(offsets);
  thread_ = std::thread([state = state_, handle, timeout_ms] {
    state->error.reset(
        rd_kafka_send_offsets_to_transaction(handle, state->offsets.get(), state->group.get(), timeout_ms));
    state->ended.set_value();
  });
}

OffsetsCall::~OffsetsCall() {
  if (thread_.joinable()) thread_.join();
}

bool OffsetsCall::Ends(int within_ms) {
  ended_ = state_->ended.get_future().wait_for(std::chrono::milliseconds(within_ms)) == std::future_status::ready;
  if (ended_) thread_.join();
  return ended_;
}

KafkaError OffsetsCall::TakeError() {
  HC_CHECK(ended_, "the offsets are still being sent");
  return std::move(state_->error);
}

void OffsetsCall::Leave(std::shared_ptr<void> used_by_client, Handle client) {
  state_->used_by_client = std::move(used_by_client);
  state_->client = std::move(client);
  thread_.detach();
  state_.reset();  // the last owner, the thread or we, drops the client
}

}  // namespace headcount::kafka
