#include "tests/bench/reading_children.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <system_error>
#include <vector>

namespace headcount::bench {
namespace {

constexpr int kUsage = 64;

[[noreturn]] void Child(int result_fd, int32_t child, const std::function<ReadTotals(int32_t)>& read) {
  int code = 1;
  try {
    const ReadTotals totals = read(child);
    if (write(result_fd, &totals, sizeof totals) == sizeof totals) code = 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "child %d: %s\n", child, e.what());
  }
  _exit(code);
}

}  // namespace

ReadingOptions ParseReadingOptions(int argc, char** argv) {
  ReadingOptions options;
  const std::string address = argc > 1 ? argv[1] : "";
  const size_t colon = address.rfind(':');
  if (argc >= 4) options.partitions = std::atoi(argv[3]);
  if (argc >= 5) options.children = std::atoi(argv[4]);
  if (argc < 4 || argc > 5 || colon == std::string::npos || options.partitions < 1 || options.children < 1) {
    std::fprintf(stderr, "usage: %s HOST:PORT TOPIC PARTITIONS [CHILDREN]\n", argv[0]);
    std::exit(kUsage);
  }
  options.host = address.substr(0, colon);
  options.port = address.substr(colon + 1);
  options.topic = argv[2];
  return options;
}

int ReadSideBySide(const ReadingOptions& options, const std::function<ReadTotals(int32_t)>& read) {
  int results[2];
  if (pipe(results) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  std::vector<pid_t> children;
  for (int32_t child = 0; child < options.children; ++child) {
    const pid_t pid = fork();
    if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid == 0) Child(results[1], child, read);
    children.push_back(pid);
  }
  close(results[1]);

  ReadTotals sum;
  ReadTotals one;
  while (::read(results[0], &one, sizeof one) == sizeof one) {
    sum.frames += one.frames;
    sum.bytes += one.bytes;
  }
  close(results[0]);
  bool failed = false;
  for (const pid_t pid : children) {
    int status = 0;
    failed |= waitpid(pid, &status, 0) != pid || status != 0;
  }
  std::printf("{\"frames\":%llu,\"bytes\":%llu}\n", static_cast<unsigned long long>(sum.frames),
              static_cast<unsigned long long>(sum.bytes));
  return failed ? 1 : 0;
}

void SayFirstRecord() { std::fputs("first record\n", stderr); }

}  // namespace headcount::bench
