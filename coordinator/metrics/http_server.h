// Serves the pages of http_request.h from the coordinator's loop. No call ever waits: it does what is possible at once,
// for a bounded number of clients, and returns. Runs in the coordinator, single-threaded; children inherit none of its
// descriptors.
//
//   reading --whole or wrong--> writing --sent--> ending --the client has closed, or time is up--> closed
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "common/base/descriptor.h"
#include "common/base/result.h"
#include "coordinator/metrics/http_request.h"
#include "coordinator/options/listen_address.h"

namespace headcount {

class HttpServer {
 public:
  // The error is kHumanNeeded if the address is in use, is not of this host, or may not be taken by this user.
  static Result<HttpServer> Listen(const ListenAddress& address);

  // The address of the listener, with the port that the kernel picked if the user gave none.
  const ListenAddress& address() const { return address_; }

  // Readable when Serve() has something to do, apart from timeouts; -1: not now. Clients that keep the server busy are
  // served a few times a second only, so that they take no more of the coordinator's time.
  int WaitFd(int64_t now_ms) const { return now_ms < next_serve_ms_ ? -1 : epoll_.get(); }
  // Milliseconds until the next call of Serve(), at most `longest_ms`.
  int WaitMs(int64_t now_ms, int longest_ms) const;

  // Does everything that is possible now.
  void Serve(const HttpPages& pages, int64_t now_ms);

  size_t connections() const { return connections_.size(); }

 private:
  enum class State { kReading, kWriting, kEnding };

  struct Connection {
    Descriptor socket;
    State state = State::kReading;
    int64_t opened_ms = 0;
    int64_t deadline_ms = 0;
    std::string request;
    HttpAnswer answer;
    size_t sent_bytes = 0;  // of head and body together
  };
  using Connections = std::map<int, Connection>;  // by descriptor

  HttpServer(ListenAddress address, Descriptor listener, Descriptor epoll);

  void Accept(const HttpPages& pages, int64_t now_ms);
  void Evict();
  void EndLate(int64_t now_ms);
  // Each returns whether the connection is still needed.
  bool Advance(Connection* connection, const HttpPages& pages, int64_t now_ms);
  bool Read(Connection* connection, const HttpPages& pages, int64_t now_ms);
  bool Write(Connection* connection, int64_t now_ms);
  bool Discard(Connection* connection);
  bool Begin(Connection* connection, HttpAnswer answer, int64_t now_ms);
  bool Watch(const Connection& connection, uint32_t events) const;

  ListenAddress address_;
  Descriptor listener_;
  Descriptor epoll_;
  Connections connections_;
  int64_t next_serve_ms_ = 0;
};

}  // namespace headcount
