// Tells the coordinator, by way of `around`, that the writer is inside a call to a broker, which may take long. Runs in
// the writer.
#pragma once

#include <functional>

namespace headcount {

// While an object of this class lives, the writer may be inside such a call.
class LongCall {
 public:
  explicit LongCall(const std::function<void(bool inside)>& around) : around_(around) { around_(true); }
  ~LongCall() { around_(false); }

 private:
  const std::function<void(bool inside)>& around_;
};

}  // namespace headcount
