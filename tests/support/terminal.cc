#include "tests/support/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <stdexcept>

namespace headcount::test {

Terminal::Terminal(unsigned short columns) : descriptor_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  char name[64];
  const bool is_open = descriptor_ >= 0 && grantpt(descriptor_) == 0 && unlockpt(descriptor_) == 0 &&
                       ptsname_r(descriptor_, name, sizeof name) == 0;
  if (!is_open) throw std::runtime_error("no pseudo-terminal can be had");
  name_ = name;
  other_end_ = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  winsize size{};
  size.ws_col = columns;
  size.ws_row = 24;
  ioctl(descriptor_, TIOCSWINSZ, &size);
}

const std::string& Terminal::Text() {
  char piece[4096];
  for (pollfd ask{descriptor_, POLLIN, 0}; poll(&ask, 1, 0) == 1;) {
    const ssize_t bytes = read(descriptor_, piece, sizeof piece);
    if (bytes <= 0) break;
    text_.append(piece, static_cast<size_t>(bytes));
  }
  return text_;
}

void Terminal::HangUp() {
  if (descriptor_ < 0) return;
  close(other_end_);
  close(descriptor_);
  descriptor_ = -1;
}

}  // namespace headcount::test
