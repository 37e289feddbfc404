// How fast this machine's memory and page cache give bytes to a loop that only adds them up: the limit for any decoder.
//   memory_bench [MIB [ROUNDS]]      prints one line of JSON, in bytes a second; the best of the rounds
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMiB = size_t{1} << 20;

uint64_t sink = 0;  // keeps the compiler from leaving the work out

// Eight sums, so that no addition waits for the one before it.
void AddUp(const std::vector<uint64_t>& words) {
  uint64_t sums[8] = {};
  for (size_t i = 0; i + 8 <= words.size(); i += 8) {
    for (size_t lane = 0; lane < 8; ++lane) sums[lane] += words[i + lane];
  }
  for (const uint64_t sum : sums) sink += sum;
}

template <typename Work>
double BestBytesPerSecond(size_t bytes, int rounds, Work work) {
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = Clock::now();
    work();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    best = std::max(best, static_cast<double>(bytes) / seconds);
  }
  return best;
}

// A frame's way from a file: from the page cache into a small buffer, again and again.
double FileBytesPerSecond(size_t bytes, int rounds) {
  std::FILE* const file = std::tmpfile();
  if (file == nullptr) return 0;
  std::vector<char> chunk(256 << 10, 'x');
  const int fd = fileno(file);
  bool fine = true;
  for (size_t at = 0; at < bytes; at += chunk.size()) {
    fine = fine && write(fd, chunk.data(), chunk.size()) == static_cast<ssize_t>(chunk.size());
  }
  const double best = BestBytesPerSecond(bytes, rounds, [&] {
    for (size_t at = 0; at < bytes; at += chunk.size()) {
      fine = fine && pread(fd, chunk.data(), chunk.size(), static_cast<off_t>(at)) > 0;
    }
  });
  std::fclose(file);
  return fine ? best : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const size_t mib = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 512;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  if (mib == 0 || rounds < 1) {
    std::fprintf(stderr, "usage: memory_bench [MIB [ROUNDS]]\n");
    return 64;
  }
  const size_t bytes = mib * kMiB;
  std::vector<uint64_t> words(bytes / sizeof(uint64_t), 1);
  std::vector<uint64_t> copy(words.size());
  const double read = BestBytesPerSecond(bytes, rounds, [&] { AddUp(words); });
  const double copied = BestBytesPerSecond(
      bytes, rounds, [&] { std::memcpy(copy.data(), words.data(), words.size() * sizeof(uint64_t)); });
  AddUp(copy);
  std::printf("{\"read_bytes_per_s\":%.0f,\"copy_bytes_per_s\":%.0f,\"file_bytes_per_s\":%.0f,\"sum\":%llu}\n", read,
              copied, FileBytesPerSecond(bytes, rounds), static_cast<unsigned long long>(sink & 1));
  return 0;
}
