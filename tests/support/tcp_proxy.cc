#include "tests/support/tcp_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <deque>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace headcount::test {
namespace {

constexpr size_t kLengthBytes = 4;
// Of one connection and one way, before its sender is no longer read; and what is read at once.
constexpr size_t kQueuedBytes = size_t{1} << 20;
constexpr size_t kReadBytes = size_t{64} << 10;
// A frame longer than this is none.
constexpr size_t kMaxFrameBytes = size_t{64} << 20;
// A throttled connection gets its share in so many pieces a second.
constexpr int64_t kPiecesASecond = 50;
constexpr int64_t kForeverMs = 60'000;

int Checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

uint16_t PortOf(const std::string& address) {
  return static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

// So that the other side sees a connection that was reset, not one that ended in order.
void CloseHard(int fd) {
  const linger at_once{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

void SendSmallPiecesAtOnce(int fd) {
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOTCONN; }

// The bytes of the first frame in `bytes`, its length included; 0: it is not complete.
size_t FirstFrame(const std::string& bytes) {
  if (bytes.size() < kLengthBytes) return 0;
  size_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) length = length << 8 | static_cast<uint8_t>(bytes[i]);
  length += kLengthBytes;
  if (length > kMaxFrameBytes) throw std::length_error("a frame of " + std::to_string(length) + " bytes");
  return bytes.size() < length ? 0 : length;
}

bool IsOfTheAnswer(Deed deed) { return deed == Deed::kDropAnswer || deed == Deed::kCutAfter || deed == Deed::kLie; }

}  // namespace

struct TcpProxy::Frame {
  std::string bytes;
  Clock::time_point due;
  std::optional<uint64_t> unconfirmed_at_release;  // by a rule, until ReleaseUnconfirmed() was called once more
};

// One way of a connection.
struct TcpProxy::Channel {
  Channel(int from_fd, int to_fd) : from(from_fd), to(to_fd) {}

  const int from;
  const int to;
  bool ended = false;   // nothing more comes
  bool broken = false;  // nobody takes it any more: it is read to its end and thrown away
  std::string in;       // the beginning of a frame
  std::deque<Frame> out;
  size_t sent = 0;  // of the first frame
  size_t queued = 0;
  Clock::time_point may_send;

  bool Reads() const { return !ended && queued < kQueuedBytes; }
};

struct TcpProxy::Link {
  struct HelpOrVersion {
    RequestHead head;
    std::optional<Rule> rule;
  };

  Link(int client, int broker) : requests(client, broker), answers(broker, client) {}
  ~Link() {
    CloseHard(requests.from);
    CloseHard(requests.to);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  Channel requests;
  Channel answers;
  std::deque<HelpOrVersion> asked;  // whose answers are to come, in that order
  uint64_t cuts = 0;                // as they were when it began
  bool is_cut = false;
  bool told_broker_the_end = false;
};

// --- What the test calls -------------------------------------------------------------------------------------

TcpProxy::TcpProxy(const std::string& broker) : broker_port_(PortOf(broker)) {
  listener_ = Checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  Checked(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), "bind");
  Checked(listen(listener_, SOMAXCONN), "listen");
  Checked(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port_ = ntohs(address.sin_port);
  names_[broker_port_] = port_;
  wakeup_ = Checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  thread_ = std::thread([this] { Serve(); });
}

TcpProxy::~TcpProxy() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  Wake();
  thread_.join();
  close(listener_);
  close(wakeup_);
}

void TcpProxy::Knows(const TcpProxy& other) {
  const std::lock_guard<std::mutex> lock(mutex_);
  names_[other.broker_port_] = other.port_;
}

void TcpProxy::Become(const Weather& weather) {
  const std::lock_guard<std::mutex> lock(mutex_);
  weather_ = weather;
  Wake();
}

void TcpProxy::On(const Rule& rule) {
  const std::lock_guard<std::mutex> lock(mutex_);
  rules_.push_back(rule);
}

void TcpProxy::ClearRules() {
  const std::lock_guard<std::mutex> lock(mutex_);
  rules_.clear();
}

void TcpProxy::ReleaseUnconfirmed() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++releases_;
  Wake();
}

void TcpProxy::CutAll() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++cuts_;
  Wake();
}

uint64_t TcpProxy::Met() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return met_;
}

uint64_t TcpProxy::Requests(Api api) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = requests_.find(api);
  return found == requests_.end() ? 0 : found->second;
}

uint64_t TcpProxy::Answers(Api api) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = answers_.find(api);
  return found == answers_.end() ? 0 : found->second;
}

void TcpProxy::Wake() const {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wakeup_, &one, sizeof one);
}

// --- The thread ----------------------------------------------------------------------------------------------

void TcpProxy::Serve() {
  Links links;
  std::vector<pollfd> waited;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!ending_) {
    waited = {{listener_, POLLIN, 0}, {wakeup_, POLLIN, 0}};
    const Clock::time_point now = Clock::now();
    for (const auto& link : links) {
      const auto wants = [&](const Channel& in, const Channel& out, bool held) {
        const bool sends = !out.broken && !out.out.empty() && !IsUnconfirmed(out.out.front(), held) &&
                           std::max(out.out.front().due, out.may_send) <= now;
        return static_cast<short>((in.Reads() ? POLLIN : 0) | (sends ? POLLOUT : 0));
      };
      const short of_client = wants(link->requests, link->answers, weather_.holds_answers);
      const short of_broker = wants(link->answers, link->requests, weather_.holds_requests);
      if (of_client != 0) waited.push_back({link->requests.from, of_client, 0});
      if (of_broker != 0) waited.push_back({link->requests.to, of_broker, 0});
    }
    const auto wait_ms = static_cast<int>(WaitMs(links, now));
    lock.unlock();
    poll(waited.data(), waited.size(), wait_ms);
    lock.lock();
    uint64_t ignored = 0;
    [[maybe_unused]] const ssize_t got = read(wakeup_, &ignored, sizeof ignored);
    Accept(&links);
    links.erase(std::remove_if(links.begin(), links.end(), [this](const auto& link) { return !Pump(link.get()); }),
                links.end());
  }
}

// Until the first frame is due that waits for nothing but its time.
int64_t TcpProxy::WaitMs(const Links& links, Clock::time_point now) const {
  Clock::time_point next = now + std::chrono::milliseconds(kForeverMs);
  for (const auto& link : links) {
    for (const Channel* channel : {&link->requests, &link->answers}) {
      const bool held = channel == &link->requests ? weather_.holds_requests : weather_.holds_answers;
      if (channel->broken || channel->out.empty() || IsUnconfirmed(channel->out.front(), held)) continue;
      const Clock::time_point due = std::max(channel->out.front().due, channel->may_send);
      if (due > now) next = std::min(next, due);
    }
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now()).count();
  return std::max<int64_t>(0, left) + 1;
}

void TcpProxy::Accept(Links* links) const {
  for (;;) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    const int broker = weather_.refuses ? -1 : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (broker < 0) {
      CloseHard(client);
      continue;
    }
    auto link = std::make_unique<Link>(client, broker);
    link->cuts = cuts_;
    SendSmallPiecesAtOnce(client);
    SendSmallPiecesAtOnce(broker);
    const sockaddr_in address = Loopback(broker_port_);
    // Where nobody listens the first read or write says so.
    const int connected = connect(broker, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (connected == 0 || errno == EINPROGRESS) links->push_back(std::move(link));
  }
}

// Answers whether the link lives on.
bool TcpProxy::Pump(Link* link) {
  Channel& requests = link->requests;
  Channel& answers = link->answers;
  try {
    Read(link, &requests);
    Read(link, &answers);
  } catch (const std::logic_error&) {
    return false;  // what is not Kafka's protocol is not passed on
  }
  if (link->is_cut || link->cuts != cuts_) return false;
  Send(&requests, weather_.holds_requests);
  Send(&answers, weather_.holds_answers);
  if (requests.broken) return false;
  if (answers.ended) return !answers.broken && !answers.out.empty();
  if (answers.broken) requests.ended = true;  // the client is gone; what it has sent is still under way
  if (requests.ended && requests.out.empty() && !link->told_broker_the_end) {
    link->told_broker_the_end = true;
    shutdown(requests.to, SHUT_WR);
  }
  return true;
}

void TcpProxy::Read(Link* link, Channel* channel) {
  std::array<char, kReadBytes> buffer{};
  while (channel->Reads()) {
    const ssize_t got = recv(channel->from, buffer.data(), buffer.size(), 0);
    if (got < 0 && WouldBlock()) return;
    if (got <= 0) {
      channel->ended = true;
      return;
    }
    channel->in.append(buffer.data(), static_cast<size_t>(got));
    while (const size_t size = FirstFrame(channel->in)) {
      std::string bytes = channel->in.substr(0, size);
      channel->in.erase(0, size);
      channel == &link->requests ? TakeRequest(link, std::move(bytes)) : TakeAnswer(link, std::move(bytes));
      if (link->is_cut) return;
    }
  }
}

std::optional<Rule> TcpProxy::Meet(Api api) {
  for (Rule& rule : rules_) {
    if (rule.api != api || rule.times <= 0) continue;
    --rule.times;
    return rule;
  }
  return std::nullopt;
}

void TcpProxy::TakeRequest(Link* link, std::string bytes) {
  const std::optional<RequestHead> head = HeadOf(bytes);
  if (!head) throw std::length_error("a request without a head");
  ++requests_[head->api];
  const std::optional<Rule> rule = Meet(head->api);
  const bool refuses = rule && (rule->deed == Deed::kRefuse || rule->deed == Deed::kRefuseAndHold);
  if (rule && !IsOfTheAnswer(rule->deed) && !refuses) ++met_;
  if (rule && rule->deed == Deed::kDropRequest) return;
  if (rule && rule->deed == Deed::kCutBefore) {
    link->is_cut = true;
    return;
  }
  if (refuses) {
    std::optional<std::string> auth_failure = AuthFailure(*head, rule->error);
    if (!auth_failure) throw std::logic_error("no refusal is known for this request");
    ++met_;
    Queue(&link->answers, {std::move(*auth_failure), Clock::now() + weather_.delay, std::nullopt});
    if (rule->deed == Deed::kRefuse) return;
  }
  link->asked.push_back({*head, rule});
  const bool held = rule && (rule->deed == Deed::kHoldRequest || rule->deed == Deed::kRefuseAndHold);
  Queue(&link->requests,
        {std::move(bytes), Clock::now() + weather_.delay, held ? std::optional(releases_) : std::nullopt});
}

void TcpProxy::TakeAnswer(Link* link, std::string bytes) {
  if (link->asked.empty() || link->asked.front().head.correlation != CorrelationOf(bytes)) {
    throw std::logic_error("an answer to nothing");
  }
  const Link::HelpOrVersion asked = link->asked.front();
  link->asked.pop_front();
  if (asked.rule && IsOfTheAnswer(asked.rule->deed)) {
    const bool lies = asked.rule->deed == Deed::kLie;
    if (lies && !PutError(asked.head, asked.rule->error, &bytes)) throw std::logic_error("no such lie is known");
    ++met_;
    if (asked.rule->deed == Deed::kDropAnswer) return;
    if (asked.rule->deed == Deed::kCutAfter) {
      link->is_cut = true;
      return;
    }
  }
  if (asked.rule && asked.rule->deed == Deed::kRefuseAndHold) return;  // the client has had its answer
  ++answers_[asked.head.api];
  const bool names_broker = asked.head.api == Api::kMetadata || asked.head.api == Api::kFindCoordinator;
  if (names_broker) {
    for (const auto& [broker, proxy] : names_) RenameBroker(broker, proxy, &bytes);
  }
  Queue(&link->answers, {std::move(bytes), Clock::now() + weather_.delay, std::nullopt});
}

void TcpProxy::Queue(Channel* channel, Frame frame) {
  if (channel->broken) return;
  channel->queued += frame.bytes.size();
  channel->out.push_back(std::move(frame));
}

bool TcpProxy::IsUnconfirmed(const Frame& frame, bool held) const {
  return held || (frame.unconfirmed_at_release && *frame.unconfirmed_at_release == releases_);
}

void TcpProxy::Send(Channel* channel, bool held) const {
  while (!channel->broken && !channel->out.empty()) {
    const Frame& frame = channel->out.front();
    const Clock::time_point now = Clock::now();
    if (IsUnconfirmed(frame, held) || std::max(frame.due, channel->may_send) > now) return;
    size_t size = frame.bytes.size() - channel->sent;
    if (weather_.bytes_per_s > 0) {
      size = std::min(size, static_cast<size_t>(std::max<int64_t>(1, weather_.bytes_per_s / kPiecesASecond)));
    }
    const ssize_t sent = send(channel->to, frame.bytes.data() + channel->sent, size, MSG_NOSIGNAL);
    if (sent < 0 && WouldBlock()) return;
    if (sent < 0) {
      channel->broken = true;
      channel->queued = 0;
      channel->out.clear();
      return;
    }
    if (weather_.bytes_per_s > 0) {
      channel->may_send =
          std::max(now, channel->may_send) + std::chrono::microseconds(1'000'000 * sent / weather_.bytes_per_s);
    }
    channel->sent += static_cast<size_t>(sent);
    channel->queued -= static_cast<size_t>(sent);
    if (channel->sent < frame.bytes.size()) continue;
    channel->sent = 0;
    channel->out.pop_front();
  }
}

}  // namespace headcount::test
