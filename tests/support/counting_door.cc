#include "tests/support/counting_door.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace headcount::test {
namespace {

sockaddr_in Local(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// One connection of each side; -1: there is none any more.
struct Visit {
  int client = -1;
  int target = -1;
};

// Passes on what is there; false at the end.
bool PassOn(int from, int to) {
  std::array<char, 16384> bytes{};
  const ssize_t got = recv(from, bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  for (ssize_t sent = 0; sent < got;) {
    const ssize_t now = send(to, bytes.data() + sent, static_cast<size_t>(got - sent), MSG_NOSIGNAL);
    if (now <= 0) return false;
    sent += now;
  }
  return true;
}

void Close(Visit* visit) {
  close(visit->client);
  close(visit->target);
  *visit = Visit{};
}

}  // namespace

CountingDoor::CountingDoor(const std::string& port) : target_(std::stoi(port)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Local(0);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no door can be opened");
  }
  port_ = ntohs(address.sin_port);
  wakeup_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { Serve(); });
}

CountingDoor::~CountingDoor() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wakeup_, &one, sizeof one);
  thread_.join();
  close(listener_);
  close(wakeup_);
}

void CountingDoor::Serve() {
  std::vector<Visit> visits;
  for (;;) {
    std::vector<pollfd> waits = {{wakeup_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Visit& visit : visits) {
      waits.push_back({visit.client, POLLIN, 0});
      waits.push_back({visit.target, POLLIN, 0});
    }
    poll(waits.data(), waits.size(), -1);
    if (waits[0].revents != 0) break;
    for (size_t i = 0; i < visits.size(); ++i) {
      Visit& visit = visits[i];
      const bool goes_on = (waits[2 + 2 * i].revents == 0 || PassOn(visit.client, visit.target)) &&
                           (waits[3 + 2 * i].revents == 0 || PassOn(visit.target, visit.client));
      if (!goes_on && visit.client >= 0) Close(&visit);
    }
    if (waits[1].revents == 0) continue;
    Visit visit{accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    ++visits_;
    const sockaddr_in address = Local(target_);
    if (connect(visit.target, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) Close(&visit);
    visits.push_back(visit);
  }
  for (Visit& visit : visits) Close(&visit);
}

}  // namespace headcount::test
