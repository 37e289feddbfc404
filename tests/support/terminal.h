// A terminal of a test's own: what a program writes to it can be read. Runs in tests.
#pragma once

#include <string>

namespace headcount::test {

class Terminal {
 public:
  // Throws where the system has none left.
  explicit Terminal(unsigned short columns);
  ~Terminal() { HangUp(); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  const std::string& name() const { return name_; }
  // All that was ever written to it.
  const std::string& Text();
  // As if its window were closed.
  void HangUp();

 private:
  int descriptor_;
  int other_end_;  // held open: what was written stays readable when the program has gone
  std::string name_;
  std::string text_;
};

}  // namespace headcount::test
