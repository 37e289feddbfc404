// How the brokers receive a client: what its callbacks were told, kept until somebody asks. Each client has one, which
// lives as long as its threads. For the .cc files of this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/kafka/handles.h"
#include "common/kafka/refusal.h"

namespace headcount::kafka {

// What a client's owner wants to be told too. `opaque` outlives the client.
struct ClientHooks {
  void* opaque = nullptr;
  void (*on_error)(int code, const char* reason, void* opaque) = nullptr;
  void (*on_statistics)(std::string_view statistics, void* opaque) = nullptr;
};

class Reception {
 public:
  explicit Reception(ClientHooks hooks) : hooks_(hooks) {}

  // Every client of this folder has one.
  static Reception& Of(rd_kafka_s* handle);
  // Sets the callbacks of a client to be.
  static void Listen(rd_kafka_conf_s* conf, Reception* reception);

  void* owner() const { return hooks_.opaque; }

  // Why the brokers turn this client away for good, and what would be right: one sentence, or nothing. Serves the
  // client's callbacks first; may ask the broker once in another protocol, for some seconds.
  std::optional<std::string> TurnedAway(rd_kafka_s* handle);
  // Why this client has no token to show to a broker, if that is what keeps it from being answered. It may pass.
  std::optional<std::string> LacksToken(rd_kafka_s* handle);
  // A broker has answered, so that at least one takes us.
  void Answered();

 private:
  struct Heard {
    Refusal refusal = Refusal::kNone;
    bool all_down = false;
    std::string reason;       // librdkafka's
    std::string certificate;  // what is wrong with the broker's, if that is it
  };

  static int OnStatistics(rd_kafka_s* handle, char* json, size_t length, void* opaque);
  static void OnError(rd_kafka_s* handle, int code, const char* reason, void* opaque);
  static int OnCertificate(rd_kafka_s* handle, const char* broker, int32_t broker_id, int* verify_error, int depth,
                           const char* bytes, size_t size, char* text, size_t text_size, void* opaque);

  const ClientHooks hooks_;
  std::mutex mutex_;  // certificates are looked at by librdkafka's threads
  Heard heard_;
  bool answered_ = false;           // by some broker, at some time
  bool probed_ = false;             // or there is no need to
  Refusal found_ = Refusal::kNone;  // by the probe
};

}  // namespace headcount::kafka
