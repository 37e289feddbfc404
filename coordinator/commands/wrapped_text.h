// Wraps sentences for people at 80 columns, with a line end behind each line. Pure; runs in the processes of the
// commands.
#pragma once

#include <string>

namespace headcount {

class WrappedText {
 public:
  void Say(const std::string& sentence) { Add("", "", sentence); }
  // An item of a list; its later lines are indented to the first line's words.
  void Item(const std::string& sentence) { Add("- ", "  ", sentence); }
  // A line to be copied, which is not wrapped however long it is.
  void Verbatim(const std::string& line) { text_.append("    ").append(line).append("\n"); }
  void EmptyLine() { text_ += '\n'; }
  const std::string& text() const { return text_; }

 private:
  void Add(const std::string& mark, const std::string& margin, const std::string& sentence);

  std::string text_;
};

}  // namespace headcount
