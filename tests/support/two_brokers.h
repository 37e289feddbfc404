// A cluster of two brokers, of one test program: what one of them cannot do while the other one is away. Runs in tests.
#pragma once

#include <string>

#include "tests/support/child_process.h"
#include "tests/support/kafka_testing.h"

namespace headcount::test {

// Gone with its data at the end. Every call returns when it is done, and throws where it cannot be done.
class TwoBrokers {
 public:
  // On how many of them the groups' offsets and the state of transactions are kept: with one copy nobody takes over.
  // Topics have two copies.
  explicit TwoBrokers(int copies_of_state);
  ~TwoBrokers();
  TwoBrokers(const TwoBrokers&) = delete;
  TwoBrokers& operator=(const TwoBrokers&) = delete;

  // Of broker 1, which is the controller too, or 2.
  const std::string& address(int broker) const { return addresses_[broker - 1]; }
  std::string addresses() const { return address(1) + "," + address(2); }

  // A group whose offsets are kept by that broker, and whose transactions (as headcount-GROUP) by that.
  std::string GroupKeptBy(int offsets_broker, int transactions_broker) const;

  // Returns when both know that topic: whom a client asks is the client's choice.
  void AwaitTopic(const std::string& topic) const;

  // Of broker 2; broker 1 lives.
  void FreezeSecond() const;
  void ThawSecond() const;
  void StopSecond() const;
  void KillSecond() const;
  void StartSecond() const;

 private:
  Finished Kafka(int broker, const std::vector<std::string>& words) const;
  pid_t PidOfSecond() const;

  const TempDir directory_;
  std::string addresses_[2];
};

}  // namespace headcount::test
