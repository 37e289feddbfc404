// Sentences for people, wrapped at 80 columns, with a line end behind each. Pure.
#pragma once

#include <string>

namespace headcount {

class WrappedText {
 public:
  void Say(const std::string& sentence) { Add("", "", sentence); }
  // Behind a mark; its later lines stand below its words.
  void Item(const std::string& sentence) { Add("- ", "  ", sentence); }
  // As it is, to be copied: however long it is.
  void Verbatim(const std::string& line) { text_.append("    ").append(line).append("\n"); }
  void EmptyLine() { text_ += '\n'; }
  const std::string& text() const { return text_; }

 private:
  void Add(const std::string& mark, const std::string& margin, const std::string& sentence);

  std::string text_;
};

}  // namespace headcount
