// C11's threads, locks and conditions on top of POSIX's, for the preset tsan only, where every program links it.
//
// librdkafka is built on <threads.h>. The thread sanitizer knows only <pthread.h>: a thread that it did not see begin
// crashes in the first function it watches, and order made by a lock that it did not see looks like a race. The two are
// the same thing in glibc under two names, as the assertions say.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>
#include <memory>

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t));
static_assert(sizeof(thrd_t) == sizeof(pthread_t) && sizeof(once_flag) == sizeof(pthread_once_t));

namespace {

struct Start {
  thrd_start_t body;
  void* argument;
};

void* Run(void* start) {
  const std::unique_ptr<Start> owned(static_cast<Start*>(start));
  return reinterpret_cast<void*>(static_cast<intptr_t>(owned->body(owned->argument)));
}

int Word(int error) {
  switch (error) {
    case 0: return thrd_success;
    case ENOMEM: return thrd_nomem;
    case ETIMEDOUT: return thrd_timedout;
    case EBUSY: return thrd_busy;
    default: return thrd_error;
  }
}

pthread_mutex_t* Posix(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* Posix(cnd_t* condition) { return reinterpret_cast<pthread_cond_t*>(condition); }

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t body, void* argument) {
  auto start = std::make_unique<Start>(Start{body, argument});
  const int error = pthread_create(thread, nullptr, Run, start.get());
  if (error == 0) (void)start.release();  // Run() owns it
  return Word(error);
}
int thrd_join(thrd_t thread, int* result) {
  void* returned = nullptr;
  const int error = pthread_join(thread, &returned);
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<intptr_t>(returned));
  return Word(error);
}

int mtx_init(mtx_t* mutex, int kind) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if ((kind & mtx_recursive) != 0) pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  const int error = pthread_mutex_init(Posix(mutex), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return Word(error);
}
int mtx_lock(mtx_t* mutex) { return Word(pthread_mutex_lock(Posix(mutex))); }
int mtx_trylock(mtx_t* mutex) { return Word(pthread_mutex_trylock(Posix(mutex))); }
int mtx_timedlock(mtx_t* __restrict mutex, const timespec* __restrict until) {
  return Word(pthread_mutex_timedlock(Posix(mutex), until));
}
int mtx_unlock(mtx_t* mutex) { return Word(pthread_mutex_unlock(Posix(mutex))); }
void mtx_destroy(mtx_t* mutex) { pthread_mutex_destroy(Posix(mutex)); }

int cnd_init(cnd_t* condition) { return Word(pthread_cond_init(Posix(condition), nullptr)); }
int cnd_signal(cnd_t* condition) { return Word(pthread_cond_signal(Posix(condition))); }
int cnd_broadcast(cnd_t* condition) { return Word(pthread_cond_broadcast(Posix(condition))); }
int cnd_wait(cnd_t* condition, mtx_t* mutex) { return Word(pthread_cond_wait(Posix(condition), Posix(mutex))); }
int cnd_timedwait(cnd_t* __restrict condition, mtx_t* __restrict mutex, const timespec* __restrict until) {
  return Word(pthread_cond_timedwait(Posix(condition), Posix(mutex), until));
}
void cnd_destroy(cnd_t* condition) { pthread_cond_destroy(Posix(condition)); }

void call_once(once_flag* flag, void (*body)()) { pthread_once(reinterpret_cast<pthread_once_t*>(flag), body); }
}
