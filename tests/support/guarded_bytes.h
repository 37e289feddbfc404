// Bytes with memory around them that nobody may touch: whoever reads or writes outside them ends the process at once,
// also by an instruction that no sanitizer watches. Runs in tests.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace headcount::test {

class GuardedBytes {
 public:
  explicit GuardedBytes(size_t capacity)
      : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))),
        size_((capacity + page_ - 1) / page_ * page_),
        all_(mmap(nullptr, size_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (all_ == MAP_FAILED) throw std::runtime_error("guarded bytes: mmap");
    Protect(PROT_READ | PROT_WRITE);
  }
  ~GuardedBytes() { munmap(all_, size_ + 2 * page_); }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  // A copy of at most `capacity` bytes, right before the memory behind, or right behind the memory before.
  std::string_view AtEnd(std::string_view bytes) { return Put(bytes, size_ - bytes.size()); }
  std::string_view AtBegin(std::string_view bytes) { return Put(bytes, 0); }

  // From now on nobody may write to them either; AtEnd() and AtBegin() must not be called any more.
  void MakeReadOnly() { Protect(PROT_READ); }

 private:
  std::string_view Put(std::string_view bytes, size_t at) {
    if (bytes.size() > size_) throw std::logic_error("guarded bytes: too many");
    char* const to = Begin() + at;
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    return {to, bytes.size()};
  }
  void Protect(int how) {
    if (mprotect(Begin(), size_, how) != 0) throw std::runtime_error("guarded bytes: mprotect");
  }
  char* Begin() const { return static_cast<char*>(all_) + page_; }

  const size_t page_;
  const size_t size_;
  void* const all_;
};

}  // namespace headcount::test
