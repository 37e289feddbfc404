// Sends a transaction's offsets in a thread of its own. rd_kafka_send_offsets_to_transaction ignores its timeout while
// it waits for a connection to the group's coordinator (2.0.2 to 2.16). So the writer waits for the thread, and if it
// does not end, goes on with another client. For the .cc files of this folder.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "common/kafka/errors.h"
#include "common/kafka/handles.h"

namespace headcount::kafka {

class OffsetsCall {
 public:
  // Begins the call. The client must live until the call has ended, or go to Leave().
  OffsetsCall(rd_kafka_s* handle, const std::string& group, PartitionList offsets, int timeout_ms);
  ~OffsetsCall();
  OffsetsCall(const OffsetsCall&) = delete;
  OffsetsCall& operator=(const OffsetsCall&) = delete;

  // Whether the call ends within `within_ms` milliseconds.
  bool Ends(int within_ms);
  // The result of a call that has ended. Null: the offsets are part of the transaction.
  KafkaError TakeError();
  // Instead: gives the client, and what its callbacks use, to the call. They are destroyed when librdkafka returns. The
  // next producer with the transactional id ends the transaction.
  void Leave(std::shared_ptr<void> used_by_client, Handle client);

 private:
  struct State;

  std::shared_ptr<State> state_;  // shared with the thread
  std::thread thread_;
  bool ended_ = false;
};

}  // namespace headcount::kafka
