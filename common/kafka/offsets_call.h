// Sending a transaction's offsets, so that it can be left: rd_kafka_send_offsets_to_transaction does not look at its
// timeout while it waits for a connection to the group's coordinator (2.0.2 to 2.16). The call runs in a thread of its
// own; the writer waits for it, and goes on with another client where it does not end. For the .cc files of this
// folder.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "common/kafka/errors.h"
#include "common/kafka/handles.h"

namespace headcount::kafka {

class OffsetsCall {
 public:
  // Begins. The client must live until the call has ended, or be left with it.
  OffsetsCall(rd_kafka_s* handle, const std::string& group, PartitionList offsets, int timeout_ms);
  ~OffsetsCall();
  OffsetsCall(const OffsetsCall&) = delete;
  OffsetsCall& operator=(const OffsetsCall&) = delete;

  // Whether it has ended within that time.
  bool Ends(int within_ms);
  // Once it has ended; null: the offsets are part of the transaction.
  KafkaError TakeError();
  // Instead: the client, and what its callbacks use, are the call's from now on, and go when librdkafka comes back from
  // it. Its transaction is ended by whoever takes the transactional id next.
  void Leave(std::shared_ptr<void> used_by_client, Handle client);

 private:
  struct State;

  std::shared_ptr<State> state_;  // shared with the thread
  std::thread thread_;
  bool ended_ = false;
};

}  // namespace headcount::kafka
