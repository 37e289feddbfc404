// Keeps the connection errors that librdkafka's callbacks report about one client, until the owner asks for them. One
// for each client; it lives as long as the client's threads. For the .cc files of this folder; runs in workers and
// writer.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/kafka/auth_failure.h"
#include "common/kafka/handles.h"

namespace headcount::kafka {

// Callbacks for the owner of a client. `opaque` outlives the client.
struct ClientHooks {
  void* opaque = nullptr;
  void (*on_error)(int code, const char* reason, void* opaque) = nullptr;
  void (*on_statistics)(std::string_view statistics, void* opaque) = nullptr;
};

class ConnectionErrors {
 public:
  explicit ConnectionErrors(ClientHooks hooks) : hooks_(hooks) {}

  // The one that belongs to this client.
  static ConnectionErrors& Of(rd_kafka_s* handle);
  // Sets the callbacks of a client before it is made.
  static void Listen(rd_kafka_conf_s* conf, ConnectionErrors* connection_errors);

  void* owner() const { return hooks_.opaque; }

  // Why the brokers refuse this client permanently, with a hint, in one sentence. nullopt: they do not. Serves the
  // client's callbacks first. May ask the broker once in another protocol, which takes some seconds.
  std::optional<std::string> PermanentFailure(rd_kafka_s* handle);
  // Why this client has no token for the brokers, if it gets no answer for that reason. The cause may pass.
  std::optional<std::string> MissingTokenReason(rd_kafka_s* handle);
  // A broker has answered this client, so at least one broker accepts it.
  void Answered();

 private:
  struct LastError {
    AuthFailure auth_failure = AuthFailure::kNone;
    bool all_down = false;
    std::string reason;       // librdkafka's
    std::string certificate;  // what is wrong with the broker's certificate, if that is the error
  };

  static int OnStatistics(rd_kafka_s* handle, char* json, size_t length, void* opaque);
  static void OnError(rd_kafka_s* handle, int code, const char* reason, void* opaque);
  static int OnCertificate(rd_kafka_s* handle, const char* broker, int32_t broker_id, int* verify_error, int depth,
                           const char* bytes, size_t size, char* text, size_t text_size, void* opaque);

  const ClientHooks hooks_;
  std::mutex mutex_;  // librdkafka's threads check certificates
  LastError last_error_;
  bool answered_ = false;                   // some broker has answered at some time
  bool probed_ = false;                     // the probe was made, or is not needed
  AuthFailure found_ = AuthFailure::kNone;  // by the probe
};

}  // namespace headcount::kafka
