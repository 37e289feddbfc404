// A network between a client and a Kafka broker that does what a test asks of it: cut, refuse, swallow, delay,
// throttle, lose one request or its answer, or lie about it. Runs in tests, as a thread of the test's process.
//
//   client ── requests ──> [ weather, rules ] ──> broker
//          <── answers ─── [ weather, rules ] <──
//
// Clients that know the proxy's address stay with it: it puts its own port into the answers in which the broker names
// itself. Whole requests and answers are passed on, never parts, and each connection's stay in order. What waits to be
// passed on is bounded: a side that is not emptied is not read.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/kafka_wire.h"

namespace headcount::test {

// What becomes of everything.
struct Weather {
  bool refuses = false;         // connections end where they begin
  bool holds_requests = false;  // they wait until the weather changes, also those of clients that have gone since
  bool holds_answers = false;
  std::chrono::milliseconds delay{0};  // each way
  int64_t bytes_per_s = 0;             // each way of each connection; 0: no bound
};

// What becomes of one kind of request.
enum class Deed {
  kDropRequest,    // the broker never gets it, and the client hears nothing
  kHoldRequest,    // the broker gets it when ReleaseUnconfirmed() is called; the client may be gone then
  kCutBefore,      // the connection ends in its place
  kRefuse,         // the broker never gets it; the client hears the error
  kRefuseAndHold,  // the client hears the error at once; the broker gets the request as with kHoldRequest
  kDropAnswer,     // the broker does it, and the client hears nothing
  kCutAfter,       // the broker does it; the connection ends in the place of the answer
  kLie,            // the broker does it; the client hears the error
};

struct Rule {
  Api api;
  Deed deed;
  WireError error = WireError::kNone;  // kRefuse, kRefuseAndHold, kLie
  int times = 1'000'000;               // then it is over
};

class TcpProxy {
 public:
  // `broker`: 127.0.0.1:PORT. Listens from now on; the broker need not be there.
  explicit TcpProxy(const std::string& broker);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // Another broker of the cluster, behind a proxy of its own: answers name that proxy from now on.
  void Knows(const TcpProxy& other);

  // Each holds when it returns, for whatever arrives from then on.
  void Become(const Weather& weather);
  void On(const Rule& rule);  // beside the other rules; of two for one request the first holds
  void ClearRules();
  void ReleaseUnconfirmed();
  void CutAll();

  // How often a rule was applied, to a request or, where that is its deed, to an answer. A lie or a refusal that it
  // does not know how to tell is none; it ends the connection.
  uint64_t Met() const;
  // How many requests of that kind clients have sent, and how many answers of it they were sent.
  uint64_t Requests(Api api) const;
  uint64_t Answers(Api api) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Frame;
  struct Channel;
  struct Link;
  using Links = std::vector<std::unique_ptr<Link>>;

  // All of these run in the thread.
  void Serve();
  int64_t WaitMs(const Links& links, Clock::time_point now) const;
  void Accept(Links* links) const;
  bool Pump(Link* link);
  void Read(Link* link, Channel* channel);
  void TakeRequest(Link* link, std::string bytes);
  void TakeAnswer(Link* link, std::string bytes);
  static void Queue(Channel* channel, Frame frame);
  void Send(Channel* channel, bool held) const;
  bool IsUnconfirmed(const Frame& frame, bool held) const;
  std::optional<Rule> Meet(Api api);

  void Wake() const;

  // Fixed after construction.
  const uint16_t broker_port_;
  uint16_t port_ = 0;
  int listener_ = -1;
  int wakeup_ = -1;  // an eventfd

  mutable std::mutex mutex_;  // guards what follows; the thread has it except while it waits
  Weather weather_;
  std::map<uint16_t, uint16_t> names_;  // what answers say instead of a broker's port
  std::vector<Rule> rules_;
  uint64_t cuts_ = 0;      // so often CutAll() was called
  uint64_t releases_ = 0;  // likewise
  uint64_t met_ = 0;
  std::map<Api, uint64_t> requests_;
  std::map<Api, uint64_t> answers_;
  bool ending_ = false;

  std::thread thread_;
};

}  // namespace headcount::test
