#include "tests/support/own_broker.h"

#include <stdexcept>

namespace headcount::test {

OwnBroker::~OwnBroker() { Do("stop"); }

Finished OwnBroker::Do(const std::string& command) const {
  const std::string port = address_.empty() ? "auto" : address_.substr(address_.rfind(':') + 1);
  const std::string script = HEADCOUNT_SOURCE_DIR "/scripts/kafka.sh";
  return RunToEnd("bash", {script, "--dir", directory_.path().string(), "--port", port, "--wait", "60", command});
}

void OwnBroker::Start() {
  // The port of one that was killed may be busy for a moment.
  Finished started;
  const bool runs = Eventually([&] { return (started = Do("start")).status.code == 0; });
  if (!runs) throw std::runtime_error("the broker does not start: " + started.err);
  address_ = ReadFile(directory_ / "bootstrap");
  address_.erase(address_.find_last_not_of('\n') + 1);
}

void OwnBroker::Stop() {
  const Finished stopped = Do("stop");
  if (stopped.status.code != 0) throw std::runtime_error("the broker does not stop: " + stopped.err);
}

void OwnBroker::Kill() {
  const Finished killed = Do("kill");
  if (killed.status.code != 0) throw std::runtime_error("the broker cannot be killed: " + killed.err);
}

}  // namespace headcount::test
