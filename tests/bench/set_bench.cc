// What a window's set costs on this machine: an insert of a new and of a known user, the longest single insert, memory,
// freeing, and unions of sealed sets.
//   set_bench [--json] [--quick]      --quick: no set of ten million
//
// Plain lines by default; with --json one object on one line:
//   {"entries":[{"name":"insert_new/100000","ns":41.2},{"name":"bytes/100000","bytes":21.6},...]}
// Names, with the number of users behind the slash:
//   insert_new, insert_known     ns an insert, each eight behind the prefetch, as in the worker; pages touched before
//   insert_new_untouched         the same where every page is touched for the first time
//   longest_insert_untouched     ns of the longest single one there: best of the rounds, as the kernel interrupts too
//   longest_batch_untouched      ns of the longest 512 in a row there
//   free                         ns to give all blocks back at once
//   bytes                        of the slice, a user
//   unordered_set_new, unordered_set_known, unordered_set_bytes      std::unordered_set<std::string> of 11-byte uids
//   union_2, union_4             ns a fingerprint read, of sets that share half of their users
// ns is CPU time of this thread, best of the rounds: neighbours disturb less.
#include <malloc.h>
#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/base/check.h"
#include "common/base/limits.h"
#include "common/sets/distinct_table.h"
#include "common/sets/sealed_table.h"
#include "common/sets/slice_allocator.h"
#include "tests/support/random.h"

namespace headcount {
namespace {

using test::Random;

double CpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Both halves are mixed: users of any numbering are spread like real fingerprints.
Fingerprint PrintOf(uint64_t user) {
  const uint64_t low = Random::Mix(user + 0x9E3779B97F4A7C15U);
  return {low, Random::Mix(low ^ user) | 1};
}

// --- Output --------------------------------------------------------------------------------------------------

class Report {
 public:
  explicit Report(bool json) : json_(json) {}
  void Add(const char* what, uint64_t users, const char* unit, double value) {
    const std::string name = std::string(what) + "/" + std::to_string(users);
    char line[160];
    std::snprintf(line, sizeof line, json_ ? "{\"name\":\"%s\",\"%s\":%.1f}" : "%-36s %-5s %14.1f\n", name.c_str(),
                  unit, value);
    if (!json_) {
      std::fputs(line, stdout);
      std::fflush(stdout);
    } else {
      entries_ += (entries_.empty() ? "" : ",") + std::string(line);
    }
  }
  ~Report() {
    if (json_) std::printf("{\"entries\":[%s]}\n", entries_.c_str());
  }

 private:
  const bool json_;
  std::string entries_;
};

// --- The set of one window, as in the worker -----------------------------------------------------------------

// Memory as the processes share it.
class Slice {
 public:
  Slice(uint64_t bytes, bool touched) : bytes_(bytes) {
    void* const at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    HC_CHECK(at != MAP_FAILED, "mmap");
    begin_ = static_cast<char*>(at);
    if (touched) std::memset(begin_, 1, bytes);
  }
  ~Slice() { munmap(begin_, bytes_); }
  Slice(const Slice&) = delete;
  Slice& operator=(const Slice&) = delete;

  char* begin() const { return begin_; }
  uint64_t bytes() const { return bytes_; }

 private:
  char* begin_;
  uint64_t bytes_;
};

class WindowSet {
 public:
  explicit WindowSet(const Slice& slice) : slice_(slice), allocator_(slice.bytes()), table_(slice.begin()) {}

  void Add(Fingerprint uid) {
    table_.Prefetch(uid);
    prefetched_[prefetched_count_++] = uid;
    if (prefetched_count_ == limits::kUsersPrefetched) Flush();
  }
  void Flush() {
    for (size_t i = 0; i < prefetched_count_; ++i) AddNow(prefetched_[i]);
    prefetched_count_ = 0;
  }
  void AddNow(Fingerprint uid) {
    while (table_.Add(uid) == DistinctTable::Added::kMustGrow) {
      const uint64_t bytes = table_.GrowthBytes(uid);
      const std::optional<uint64_t> at = allocator_.Allocate(bytes);
      HC_CHECK(at.has_value(), "the slice of the bench is full");
      if (const auto left = table_.Grow(uid, *at)) allocator_.Free(left->at, left->bytes);
    }
  }
  SealedTable Seal() {
    Flush();
    blocks_ = table_.blocks();
    return {slice_.begin(), slice_.bytes(), {blocks_.data(), blocks_.size(), table_.block_bytes()}, table_.size()};
  }
  void Free() {
    for (const uint32_t name : blocks_) allocator_.Free(name * DistinctTable::kAlignment, table_.block_bytes());
  }
  uint64_t used_bytes() const { return allocator_.used_bytes(); }

 private:
  const Slice& slice_;
  SliceAllocator allocator_;
  DistinctTable table_;
  Fingerprint prefetched_[limits::kUsersPrefetched];
  size_t prefetched_count_ = 0;
  std::vector<uint32_t> blocks_;
};

// --- Measurements --------------------------------------------------------------------------------------------

uint64_t SliceBytesFor(uint64_t users) { return std::max<uint64_t>(uint64_t{1} << 20, users * 40); }
int RoundsFor(uint64_t users) {
  return users >= 10'000'000 ? 3 : users >= 1'000'000 ? 5 : users >= 100'000 ? 30 : 2000;
}

void MeasureInserts(uint64_t users, Report* report) {
  const Slice slice(SliceBytesFor(users), true);
  double best_new = 1e18;
  double best_known = 1e18;
  double best_free = 1e18;
  uint64_t bytes = 0;
  for (int round = 0; round < RoundsFor(users); ++round) {
    WindowSet set(slice);
    double begin = CpuNs();
    for (uint64_t user = 0; user < users; ++user) set.Add(PrintOf(user));
    set.Flush();
    best_new = std::min(best_new, CpuNs() - begin);
    bytes = set.used_bytes();
    Random random(static_cast<uint64_t>(round) + 1);
    begin = CpuNs();
    for (uint64_t i = 0; i < users; ++i) set.Add(PrintOf(random.Below(users)));
    set.Flush();
    best_known = std::min(best_known, CpuNs() - begin);
    set.Seal();
    begin = CpuNs();
    set.Free();
    best_free = std::min(best_free, CpuNs() - begin);
  }
  const auto count = static_cast<double>(users);
  report->Add("insert_new", users, "ns", best_new / count);
  report->Add("insert_known", users, "ns", best_known / count);
  report->Add("free", users, "ns", best_free);
  report->Add("bytes", users, "bytes", static_cast<double>(bytes) / count);
}

void MeasureUntouched(uint64_t users, Report* report) {
  double best = 1e18;
  double best_longest = 1e18;
  double best_batch = 1e18;
  for (int round = 0; round < 3; ++round) {
    {
      const Slice slice(SliceBytesFor(users), false);
      WindowSet set(slice);
      const double begin = CpuNs();
      double batch_begin = begin;
      double longest_batch = 0;
      for (uint64_t user = 0; user < users; ++user) {
        set.Add(PrintOf(user));
        if (user % limits::kBatchFrames != 0) continue;
        const double now = CpuNs();
        longest_batch = std::max(longest_batch, now - batch_begin);
        batch_begin = now;
      }
      best = std::min(best, CpuNs() - begin);
      best_batch = std::min(best_batch, longest_batch);
    }
    const Slice slice(SliceBytesFor(users), false);
    WindowSet set(slice);
    double longest = 0;
    double last = CpuNs();
    for (uint64_t user = 0; user < users; ++user) {
      set.AddNow(PrintOf(user));
      const double now = CpuNs();
      longest = std::max(longest, now - last);
      last = now;
    }
    best_longest = std::min(best_longest, longest);
  }
  report->Add("insert_new_untouched", users, "ns", best / static_cast<double>(users));
  report->Add("longest_insert_untouched", users, "ns", best_longest);
  report->Add("longest_batch_untouched", users, "ns", best_batch);
}

void MeasureUnion(uint64_t users, uint64_t sets, const char* name, Report* report) {
  std::vector<std::unique_ptr<Slice>> slices;
  std::vector<std::unique_ptr<WindowSet>> owned;
  std::vector<SealedTable> sealed;
  for (uint64_t i = 0; i < sets; ++i) {
    slices.push_back(std::make_unique<Slice>(SliceBytesFor(users), false));
    owned.push_back(std::make_unique<WindowSet>(*slices.back()));
    for (uint64_t user = 0; user < users; ++user) owned.back()->Add(PrintOf(i * users / 2 + user));
    sealed.push_back(owned.back()->Seal());
  }
  double best = 1e18;
  for (int round = 0; round < std::min(20, RoundsFor(users)); ++round) {
    const double begin = CpuNs();
    const uint64_t count = CountMerged(sealed);
    best = std::min(best, CpuNs() - begin);
    HC_CHECK(count == users + (sets - 1) * (users / 2), "a wrong union: " + std::to_string(count));
  }
  report->Add(name, users, "ns", best / static_cast<double>(users * sets));
}

// As a program without a set of its own would do it.
void MeasureUnorderedSet(uint64_t users, Report* report) {
  std::vector<std::string> uids;
  for (uint64_t user = 0; user < users; ++user) uids.push_back("u" + std::to_string(1'000'000'000 + user * 7 % users));
  double best_new = 1e18;
  double best_known = 1e18;
  double bytes = 0;
  for (int round = 0; round < std::max(1, RoundsFor(users) / 3); ++round) {
    const struct mallinfo2 before = mallinfo2();
    std::unordered_set<std::string> set;
    double begin = CpuNs();
    for (const std::string& uid : uids) set.insert(uid);
    best_new = std::min(best_new, CpuNs() - begin);
    const struct mallinfo2 after = mallinfo2();
    bytes = static_cast<double>(after.uordblks + after.hblkhd) - static_cast<double>(before.uordblks + before.hblkhd);
    Random random(static_cast<uint64_t>(round) + 1);
    begin = CpuNs();
    for (uint64_t i = 0; i < users; ++i) set.insert(uids[random.Below(users)]);
    best_known = std::min(best_known, CpuNs() - begin);
  }
  const auto count = static_cast<double>(users);
  report->Add("unordered_set_new", users, "ns", best_new / count);
  report->Add("unordered_set_known", users, "ns", best_known / count);
  report->Add("unordered_set_bytes", users, "bytes", bytes / count);
}

void Run(bool quick, bool json) {
  Report report(json);
  for (const uint64_t users : {uint64_t{1'000}, uint64_t{100'000}, uint64_t{1'000'000}, uint64_t{10'000'000}}) {
    if (quick && users > 1'000'000) continue;
    MeasureInserts(users, &report);
    if (users >= 1'000'000) MeasureUntouched(users, &report);
    if (users >= 100'000) MeasureUnion(users, 2, "union_2", &report);
    if (users >= 100'000) MeasureUnion(users, 4, "union_4", &report);
    if (users <= 1'000'000) MeasureUnorderedSet(users, &report);
  }
}

}  // namespace
}  // namespace headcount

int main(int argc, char** argv) {
  bool json = false;
  bool quick = false;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    json = json || option == "--json";
    quick = quick || option == "--quick";
    if (option == "--json" || option == "--quick") continue;
    std::fprintf(stderr, "usage: set_bench [--json] [--quick]\n");
    return 64;
  }
  headcount::Run(quick, json);
  return 0;
}
