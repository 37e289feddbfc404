#include "coordinator/job/last_words.h"

#include <sys/mman.h>

#include <cstring>

#include "common/base/limits.h"
#include "common/log/log.h"

namespace headcount {
namespace {

// The log bounds a message at the same length.
constexpr size_t kPlaceBytes = limits::kLogMessageBytes + 1;

}  // namespace

LastWords::LastWords(int32_t workers) : bytes_((1 + static_cast<size_t>(workers)) * kPlaceBytes) {
  void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) text_ = static_cast<char*>(memory);
}

LastWords::~LastWords() {
  if (text_ != nullptr) munmap(text_, bytes_);
}

char* LastWords::At(size_t index) const { return text_ + index * kPlaceBytes; }

void LastWords::Clear(size_t index) {
  if (text_ != nullptr) At(index)[0] = '\0';
}

void LastWords::KeepOwn(size_t index) {
  if (text_ != nullptr) KeepLastFailureIn(At(index), kPlaceBytes);
}

std::string LastWords::Of(size_t index) const {
  return text_ == nullptr ? "" : std::string(At(index), strnlen(At(index), kPlaceBytes));
}

}  // namespace headcount
