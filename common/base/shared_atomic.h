// Makes a number that a process shares with all processes that it forks later. Runs in the coordinator before the first
// fork; every process uses the number.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <new>

namespace headcount {

// Never freed: the number lives as long as the job. If the kernel has no page for it, each process has its own number.
template <typename T>
std::atomic<T>* NewSharedAtomic(T value) {
  static_assert(std::atomic<T>::is_always_lock_free, "a lock would be each process's own");
  void* page = mmap(nullptr, sizeof(std::atomic<T>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? new std::atomic<T>(value) : new (page) std::atomic<T>(value);
}

}  // namespace headcount
