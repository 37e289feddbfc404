// A broker of one test program, to be stopped, killed and started again at will. Runs in tests; ctest's own broker
// serves everybody else and stays as it is.
#pragma once

#include <string>

#include "tests/support/child_process.h"

namespace headcount::test {

// Gone with its data at the end. Every call returns when it is done, and throws where it cannot be done.
class OwnBroker {
 public:
  OwnBroker() { Start(); }
  ~OwnBroker();
  OwnBroker(const OwnBroker&) = delete;
  OwnBroker& operator=(const OwnBroker&) = delete;

  // At the same address each time, with what it held.
  void Start();
  void Stop();  // in order
  void Kill();  // with SIGKILL

  const std::string& address() const { return address_; }

 private:
  Finished Do(const std::string& command) const;

  const TempDir directory_;
  std::string address_;
};

}  // namespace headcount::test
