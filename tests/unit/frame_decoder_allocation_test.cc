#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/limits.h"
#include "common/decode/frame_decoder.h"
#include "tests/support/every_decoder.h"

// Counts what the process allocates. The sanitizers bring a malloc of their own; there the one test that asks
// is skipped.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__GLIBC__)
#define HEADCOUNT_COUNTS_ALLOCATIONS 1
// glibc's own names for what it would do without us.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" void* __libc_malloc(size_t bytes);
extern "C" void* __libc_realloc(void* old, size_t bytes);
extern "C" void* __libc_calloc(size_t count, size_t bytes);
// NOLINTEND(bugprone-reserved-identifier)
namespace {
std::atomic<uint64_t> g_allocations{0};
}
// operator new comes here too.
extern "C" void* malloc(size_t bytes) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(bytes);
}
extern "C" void* realloc(void* old, size_t bytes) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(old, bytes);
}
extern "C" void* calloc(size_t count, size_t bytes) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, bytes);
}
#endif

namespace headcount {
namespace {

[[maybe_unused]] std::string Repeat(const std::string& text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

class FrameDecoderAllocationTest : public testing::TestWithParam<test::DecoderKind> {};

INSTANTIATE_TEST_SUITE_P(EveryDecoder, FrameDecoderAllocationTest, testing::ValuesIn(test::EveryDecoder()),
                         [](const auto& test) { return test.param.name; });

TEST_P(FrameDecoderAllocationTest, AllocatesNothingOnceItIsWarm) {
#ifdef HEADCOUNT_COUNTS_ALLOCATIONS
  const std::vector<std::string> frames = {
      R"({"ts":1468244400,"uid":"bob","a":{"b":[1,2.5,true,null,"x\ny"]},"c":"é\ud83d\ude00"})",
      R"({"ts":"1468244400","uid":123,"x":[1e400,2]})",
      R"({"ts":1.4e9,"uid":12345678901234567890})",
      "{\"ts\":0." + Repeat("0", 2000) + "1e2001,\"uid\":\"u\"}",
      "{\"a\":" + Repeat("[", 511) + Repeat("]", 511) + "}",
      Repeat("[", 2000),
      "{\"ts\":1,\"uid\":\"" + Repeat("\\u00e9", 20'000) + "\"}",
      "not json",
      "",
  };
  const std::unique_ptr<FrameDecoder> decoder = GetParam().Make(limits::kMaxFrameBytes);
  DecodedFrame decoded;
  InvalidReason reason;
  const auto decode_all = [&] {
    for (const std::string& frame : frames) decoder->Decode(frame, &decoded, &reason);
  };
  decode_all();
  const uint64_t before = g_allocations.load();
  for (int i = 0; i < 100; ++i) decode_all();
  EXPECT_EQ(g_allocations.load() - before, 0u);
  EXPECT_GT(before, 0u) << "the counter does not count";
#else
  GTEST_SKIP() << "the sanitizers bring their own malloc";
#endif
}

}  // namespace
}  // namespace headcount
