// A door to one port of this host that counts who comes. Whatever is said, encrypted or not, passes through. Runs in
// tests, as a thread of the test's process.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace headcount::test {

// A door to one port of this host that counts who comes. Whatever is said passes through.
class CountingDoor {
 public:
  explicit CountingDoor(const std::string& port);
  ~CountingDoor();
  CountingDoor(const CountingDoor&) = delete;
  CountingDoor& operator=(const CountingDoor&) = delete;

  std::string port() const { return std::to_string(port_); }
  int visits() const { return visits_; }

 private:
  void Serve();

  const int target_;
  int port_ = 0;
  int listener_ = -1;
  int wakeup_ = -1;
  std::atomic<int> visits_{0};
  std::thread thread_;
};

}  // namespace headcount::test
