// Shows with a harmless frame that a reader of JSON does not recurse: on a stack that 2,000 levels do not fit into.
// Many a reader recurses by default (RapidJSON 1.1.0 too), and a frame that ran it out of a whole stack would do so
// elsewhere.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <stdexcept>

namespace headcount::test {

// Deep enough to be refused, and to end a recursing reader there; any other reader takes or refuses it by itself.
inline constexpr size_t kHarmlessDepth = 2'000;

// RapidJSON's recursing reader needs some 70 bytes a level when it is optimized, and five times that under a sanitizer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr size_t kSmallStackBytes = 256 << 10;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr size_t kSmallStackBytes = 256 << 10;
#else
inline constexpr size_t kSmallStackBytes = 64 << 10;
#endif
#else
inline constexpr size_t kSmallStackBytes = 64 << 10;
#endif

// Returns when it is done; a stack that is too small ends the whole test program.
inline void OnASmallStack(std::function<void()> work) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kSmallStackBytes);
  pthread_t thread;
  const auto run = [](void* of) -> void* {
    (*static_cast<std::function<void()>*>(of))();
    return nullptr;
  };
  const int failed = pthread_create(&thread, &attributes, run, &work);
  pthread_attr_destroy(&attributes);
  if (failed != 0) throw std::runtime_error("no thread with a small stack");
  pthread_join(thread, nullptr);
}

}  // namespace headcount::test
