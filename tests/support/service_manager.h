// What a service manager hears from the services that it starts (sd_notify(3)): a socket of the test's own, and all
// that came to it. Runs in tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"

namespace headcount::test {

class ServiceManager {
 public:
  enum class Name { kPath, kAbstract };
  explicit ServiceManager(Name name = Name::kPath);
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // What $NOTIFY_SOCKET says: a path, or one that begins with @.
  const std::string& address() const { return address_; }
  // The variable that a service finds, for ChildOptions.
  std::pair<std::string, std::string> environment() const { return {"NOTIFY_SOCKET", address_}; }

  // All messages so far, in order.
  const std::vector<std::string>& Messages();
  // Those that begin with this.
  size_t Count(const std::string& beginning);
  bool WaitFor(const std::string& beginning, size_t count = 1);
  // Without the lines for people, which say what the moment brings, and without the signs of life.
  std::vector<std::string> Steps();

 private:
  const TempDir dir_;
  const std::string address_;
  int fd_ = -1;
  std::vector<std::string> messages_;
};

}  // namespace headcount::test
