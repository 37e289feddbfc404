#include "tests/support/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

namespace headcount::test {

// An abstract name is as unique as the folder it is called after.
ServiceManager::ServiceManager(Name name)
    : address_(name == Name::kPath ? (dir_ / "notify").string() : "@" + (dir_ / "notify").string()) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), std::min(address_.size(), sizeof address.sun_path - 1));
  if (name == Name::kAbstract) address.sun_path[0] = 0;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0 || bind(fd_, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    throw std::system_error(errno, std::generic_category(), "binding " + address_);
  }
}

ServiceManager::~ServiceManager() { close(fd_); }

const std::vector<std::string>& ServiceManager::Messages() {
  char buffer[4096];
  for (ssize_t size = 0; (size = recv(fd_, buffer, sizeof buffer, 0)) >= 0;) {
    messages_.emplace_back(buffer, static_cast<size_t>(size));
  }
  return messages_;
}

size_t ServiceManager::Count(const std::string& beginning) {
  const std::vector<std::string>& all = Messages();
  return static_cast<size_t>(std::count_if(
      all.begin(), all.end(), [&](const std::string& message) { return message.rfind(beginning, 0) == 0; }));
}

bool ServiceManager::WaitFor(const std::string& beginning, size_t count) {
  return Eventually([&] { return Count(beginning) >= count; });
}

std::vector<std::string> ServiceManager::Steps() {
  std::vector<std::string> steps;
  for (const std::string& message : Messages()) {
    if (message.rfind("STATUS=", 0) != 0 && message != "WATCHDOG=1") steps.push_back(message);
  }
  return steps;
}

}  // namespace headcount::test
