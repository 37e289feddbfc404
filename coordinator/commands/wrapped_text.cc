#include "coordinator/commands/wrapped_text.h"

#include <cstddef>
#include <sstream>

namespace headcount {
namespace {

constexpr size_t kColumns = 80;

}  // namespace

void WrappedText::Add(const std::string& mark, const std::string& margin, const std::string& sentence) {
  std::string line = mark;
  bool empty = true;
  std::istringstream words(sentence);
  for (std::string word; words >> word;) {
    if (!empty && line.size() + 1 + word.size() > kColumns) {
      text_ += line + "\n";
      line = margin;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  text_ += line + "\n";
}

}  // namespace headcount
