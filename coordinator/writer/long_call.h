// Tells whoever watches the writer that it is inside a call to a broker, which may take long. Runs in the writer.
#pragma once

#include <functional>

namespace headcount {

// Says that a call may block for long, for as long as it lives.
class LongCall {
 public:
  explicit LongCall(const std::function<void(bool inside)>& around) : around_(around) { around_(true); }
  ~LongCall() { around_(false); }

 private:
  const std::function<void(bool inside)>& around_;
};

}  // namespace headcount
