#include "coordinator/metrics/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/limits.h"

namespace headcount {
namespace {

std::string ErrnoText(int number) { return strerror(number); }  // NOLINT(concurrency-mt-unsafe)

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

socklen_t SocketAddress(const ListenAddress& address, sockaddr_storage* storage) {
  if (address.is_v6()) {
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr);
    return sizeof *v6;
  }
  auto* const v4 = reinterpret_cast<sockaddr_in*>(storage);
  v4->sin_family = AF_INET;
  v4->sin_port = htons(address.port);
  inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr);
  return sizeof *v4;
}

uint16_t BoundPort(int fd) {
  sockaddr_storage storage{};
  socklen_t bytes = sizeof storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &bytes);
  // The port stands at the same offset in both structs.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

// At this moment the host has no descriptor or no memory for a socket.
bool MayPass(int number) { return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM; }

Error CannotListen(const ListenAddress& address, int number) {
  std::string why = "cannot listen on " + address.Text() + " (--metrics-listen): " + ErrnoText(number);
  if (number == EADDRINUSE) why += ": another program, or another headcount, is there already; name another port";
  return Error{MayPass(number) ? ExitCode::kTryAgain : ExitCode::kHumanNeeded, why};
}

}  // namespace

Result<HttpServer> HttpServer::Listen(const ListenAddress& address) {
  sockaddr_storage storage{};
  const socklen_t bytes = SocketAddress(address, &storage);
  Descriptor listener(socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (listener.get() < 0) return CannotListen(address, errno);
  // Connections of an earlier start may still linger at the address. The option does not allow two processes to listen
  // there.
  const int yes = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&storage), bytes) != 0) {
    return CannotListen(address, errno);
  }
  if (listen(listener.get(), limits::kHttpBacklog) != 0) return CannotListen(address, errno);
  Descriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener.get();
  if (epoll.get() < 0 || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, listener.get(), &event) != 0) {
    return Error{ExitCode::kTryAgain, "making an epoll descriptor failed: " + ErrnoText(errno)};
  }
  ListenAddress bound = address;
  bound.port = BoundPort(listener.get());
  return HttpServer(std::move(bound), std::move(listener), std::move(epoll));
}

HttpServer::HttpServer(ListenAddress address, Descriptor listener, Descriptor epoll)
    : address_(std::move(address)), listener_(std::move(listener)), epoll_(std::move(epoll)) {}

int HttpServer::WaitMs(int64_t now_ms, int longest_ms) const {
  const int64_t wait_ms = next_serve_ms_ - now_ms;
  return wait_ms <= 0 ? longest_ms : static_cast<int>(std::min<int64_t>(wait_ms, longest_ms));
}

// Old connections come first: the kernel may give the descriptor of one that is closed here to a new one below.
void HttpServer::Serve(const HttpPages& pages, int64_t now_ms) {
  if (now_ms < next_serve_ms_) return;
  std::array<epoll_event, limits::kHttpConnections + 1> events{};
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  bool accept_ready = false;
  for (int i = 0; i < count; ++i) {
    const int fd = events[static_cast<size_t>(i)].data.fd;
    accept_ready = accept_ready || fd == listener_.get();
    const auto found = connections_.find(fd);
    if (found != connections_.end() && !Advance(&found->second, pages, now_ms)) connections_.erase(found);
  }
  EndLate(now_ms);
  if (accept_ready) Accept(pages, now_ms);
  if (count > 0) next_serve_ms_ = now_ms + limits::kHttpPauseMs;
}

// --- Connections ---------------------------------------------------------------------------------------------

// Most requests are here when the server accepts them, and it answers each before it looks at the next. So clients that
// hold connections without a request cannot keep others out.
void HttpServer::Accept(const HttpPages& pages, int64_t now_ms) {
  for (size_t i = 0; i < limits::kHttpAcceptsAtOnce; ++i) {
    Connection connection;
    connection.socket = Descriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const int fd = connection.socket.get();
    if (fd < 0) return;  // no more clients wait, or too many descriptors are open and they wait
    connection.opened_ms = now_ms;
    connection.deadline_ms = now_ms + limits::kHttpRequestMs;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) continue;
    if (connections_.size() == limits::kHttpConnections) Evict();
    const auto added = connections_.emplace(fd, std::move(connection)).first;
    if (!Advance(&added->second, pages, now_ms)) connections_.erase(added);
  }
}

// Drops the oldest connection that is without a request or has its answer; only if there is none, the oldest that is
// being answered.
void HttpServer::Evict() {
  const auto rank = [](const Connection& connection) {
    return std::make_pair(connection.state == State::kWriting, connection.opened_ms);
  };
  const auto oldest = std::min_element(connections_.begin(), connections_.end(), [rank](const auto& a, const auto& b) {
    return rank(a.second) < rank(b.second);
  });
  if (oldest->second.state == State::kReading) {
    const HttpAnswer answer = AnswerOf(503);
    const std::string text = answer.head + *answer.body;
    [[maybe_unused]] const ssize_t sent =
        send(oldest->second.socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  connections_.erase(oldest);
}

void HttpServer::EndLate(int64_t now_ms) {
  for (auto it = connections_.begin(); it != connections_.end();) {
    Connection& connection = it->second;
    const bool late = now_ms >= connection.deadline_ms;
    const bool kept = !late || (connection.state == State::kReading && Begin(&connection, AnswerOf(408), now_ms));
    it = kept ? std::next(it) : connections_.erase(it);
  }
}

bool HttpServer::Advance(Connection* connection, const HttpPages& pages, int64_t now_ms) {
  switch (connection->state) {
    case State::kReading: return Read(connection, pages, now_ms);
    case State::kWriting: return Write(connection, now_ms);
    case State::kEnding: return Discard(connection);
  }
  return false;
}

bool HttpServer::Read(Connection* connection, const HttpPages& pages, int64_t now_ms) {
  std::array<char, limits::kHttpRequestBytes> buffer;
  const size_t room = buffer.size() - connection->request.size();
  const ssize_t got = recv(connection->socket.get(), buffer.data(), room, 0);
  if (got < 0) return WouldBlock();
  connection->request.append(buffer.data(), static_cast<size_t>(got));
  HttpRequest request = ParseHttpRequest(connection->request);
  if (request.state == HttpRequest::State::kUnfinished) {
    if (got > 0) return true;
    if (connection->request.empty()) return false;  // the client connected and closed without a request
    request.state = HttpRequest::State::kRefused;   // the client sends no more, but may still read
    request.status = 400;
  }
  return Begin(connection, AnswerTo(request, pages), now_ms);
}

bool HttpServer::Begin(Connection* connection, HttpAnswer answer, int64_t now_ms) {
  connection->state = State::kWriting;
  connection->answer = std::move(answer);
  connection->deadline_ms = now_ms + limits::kHttpAnswerMs;
  return Watch(*connection, EPOLLOUT) && Write(connection, now_ms);
}

bool HttpServer::Write(Connection* connection, int64_t now_ms) {
  const HttpAnswer& answer = connection->answer;
  const std::string_view body = answer.body != nullptr ? std::string_view(*answer.body) : std::string_view();
  for (;;) {
    const size_t sent = connection->sent_bytes;
    const std::string_view part =
        sent < answer.head.size() ? std::string_view(answer.head).substr(sent) : body.substr(sent - answer.head.size());
    if (part.empty()) break;
    const ssize_t now_sent = send(connection->socket.get(), part.data(), part.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (now_sent < 0) return WouldBlock();
    connection->sent_bytes += static_cast<size_t>(now_sent);
  }
  // If the server closed now, with bytes of the client unread, the kernel would reset the connection and the answer
  // could be lost. So the server closes its sending side only, and waits for the client to close.
  connection->state = State::kEnding;
  connection->deadline_ms = now_ms + limits::kHttpEndMs;
  connection->answer = {};
  shutdown(connection->socket.get(), SHUT_WR);
  return Watch(*connection, EPOLLIN);
}

bool HttpServer::Discard(Connection* connection) {
  std::array<char, limits::kHttpRequestBytes> buffer;
  const ssize_t got = recv(connection->socket.get(), buffer.data(), buffer.size(), 0);
  return got > 0 || (got < 0 && WouldBlock());
}

bool HttpServer::Watch(const Connection& connection, uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = connection.socket.get();
  return epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), &event) == 0;
}

}  // namespace headcount
