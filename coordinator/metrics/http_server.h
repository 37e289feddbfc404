// Serves the pages of http_request.h from the coordinator's loop. Nothing here ever waits: a call does what can be done
// at once, for a bounded number of clients, and comes back. Runs in the coordinator, single-threaded; children inherit
// none of its descriptors.
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
  // kHumanNeeded where the address is in use, not of this host, or not ours to take.
  static Result<HttpServer> Listen(const ListenAddress& address);

  // Where it listens, with the port that was found if none was asked for.
  const ListenAddress& address() const { return address_; }

  // Readable when Serve() has something to do, but for times that are up; -1: not now. Clients who keep it busy are
  // served a few times a second only, and take no more of the coordinator's time.
  int WaitFd(int64_t now_ms) const { return now_ms < next_serve_ms_ ? -1 : epoll_.get(); }
  // `longest_ms`, or sooner if Serve() is to be called before.
  int WaitMs(int64_t now_ms, int longest_ms) const;

  // Everything that can be done now.
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
  void MakeRoom();
  void EndLate(int64_t now_ms);
  // Each answers whether the connection is still needed.
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
