// Work of a fixed amount for valgrind to count the instructions of; instruction_guard.py runs it, and
// tests/bench/README.md says how. Nothing here depends on time, chance or the machine, but for the scan that the
// processor allows, whose name is printed.
//   instruction_guard decode|reference|judge FRAMES TIMES     the same FRAMES frames, TIMES times over
//   instruction_guard make FRAMES                             a file of frames, to stdout
//   instruction_guard file PATH                               a worker's whole way of the frames in a file
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/check.h"
#include "common/base/limits.h"
#include "common/decode/json/rapidjson_frame_decoder.h"
#include "common/decode/json/scanning_frame_decoder.h"
#include "common/job/run_options.h"
#include "common/judge/commit_metadata.h"
#include "common/judge/judge.h"
#include "common/sets/fingerprint.h"
#include "common/shm/coordinator_view.h"
#include "common/shm/writer_view.h"
#include "tests/bench/frame_maker.h"
#include "worker/file_frame_source.h"
#include "worker/window_store.h"
#include "worker/worker_loop.h"

namespace headcount::bench {
namespace {

constexpr int kUsage = 64;
constexpr uint64_t kUsers = 5'000;
constexpr uint64_t kSliceBytes = uint64_t{64} << 20;
constexpr FingerprintKey kKey{0x0123456789abcdef, 0xfedcba9876543210};
constexpr PartitionId kPartition{0};
constexpr SlotId kSlot{0};

using Decoder = ScanningFrameDecoder;
const char* KernelName() { return scan::UsableKernels().front().name; }

FramePlan PlanOf(uint64_t frames) {
  FramePlan plan;
  plan.frames = frames;
  plan.users = kUsers;
  plan.minutes = 1;
  plan.partitions = 1;
  return plan;
}

std::vector<std::string> FramesOf(uint64_t count) {
  FrameStream stream(PlanOf(count));
  std::vector<std::string> frames;
  while (!stream.Done()) frames.emplace_back(stream.Next().bytes);
  return frames;
}

void DecodeAll(FrameDecoder* decoder, const std::vector<std::string>& frames, uint64_t times) {
  for (uint64_t i = 0; i < times; ++i) {
    for (const std::string& frame : frames) {
      DecodedFrame decoded;
      InvalidReason reason;
      HC_CHECK(decoder->Decode(frame, &decoded, &reason), "a frame of the guard is refused");
    }
  }
}

// One partition's frames through the judge into a worker's windows, from decoded ones on: the fingerprint included.
// Each time every second user is a new one.
void JudgeAll(const std::vector<std::string>& frames, uint64_t times) {
  struct Decoded {
    EventTime ts;
    std::string uid;
  };
  std::vector<Decoded> decoded_frames;
  RapidJsonFrameDecoder decoder(limits::kMaxFrameBytes);
  for (const std::string& frame : frames) {
    DecodedFrame decoded;
    InvalidReason reason;
    HC_CHECK(decoder.Decode(frame, &decoded, &reason), "a frame of the guard is refused");
    decoded_frames.push_back({decoded.ts, std::string(decoded.uid)});
  }
  Result<shm::JobMemory> memory = shm::JobMemory::Create(1, kSliceBytes);
  HC_CHECK(memory.ok(), "no memory for the guard");
  WindowStore store(memory->slice(kSlot), Generation(1), WindowStart::Unset(), [] { return false; });
  PartitionSink sink(&store, 0);
  Judge judge(CountingRule{}, SafePoint{}, &sink);
  sink.set_judge(&judge);
  int64_t offset = 0;
  for (uint64_t i = 0; i < times; ++i) {
    for (Decoded& frame : decoded_frames) {
      if (offset % 2 == 0) frame.uid[0] = static_cast<char>('A' + i);
      judge.JudgeValid(Offset(offset++), {frame.ts, FingerprintOf(kKey, frame.uid)});
    }
  }
  HC_CHECK(store.judged_counts().counted == static_cast<uint64_t>(offset), "a frame of the guard is not counted");
}

// A worker's real loop over one file, with nobody else there: the job as its writer leaves it at the start.
void ReadFile(const std::string& path) {
  RunOptions options;
  options.workers = 1;
  options.until_end = true;
  options.files = {path};
  Result<shm::JobMemory> memory = shm::JobMemory::Create(1, kSliceBytes);
  HC_CHECK(memory.ok(), "no memory for the guard");
  shm::WriterView writer(&*memory);
  shm::CoordinatorView coordinator(&*memory);
  writer.OpenPartition(kPartition);
  writer.StoreSafePoint(kPartition, ToText({RunId(1), Sequence(1), WindowStart::Unset(), limits::kDefaultWindowS}, {}),
                        Offset(0));
  writer.RaisePartitionCount(1);
  writer.CloseUpTo(WindowStart::Unset(), RunId(1), Sequence(1));
  writer.EnterState(shm::WriterState::kTakenOver);
  coordinator.RaiseGeneration(kSlot, Generation(1));

  Result<Wakeups> wakeups = Wakeups::Create(1);
  HC_CHECK(wakeups.ok(), "no eventfd for the guard");
  WorkerStart start;
  start.options = &options;
  start.memory = &*memory;
  start.wakeups = &*wakeups;
  start.slot = kSlot;
  start.generation = Generation(1);
  start.key = kKey;
  WorkerLoop loop(start, std::make_unique<FileFrameSource>(options.files, options.max_frame_bytes,
                                                           FileFrameSource::FirstRead::kFirst));
  loop.BeginGeneration();
  HC_CHECK(loop.StartReading().ok(), "the guard's file cannot be read");
  for (;;) {
    const Result<WorkerLoop::RoundEnd> round = loop.Round();
    HC_CHECK(round.ok(), "the guard's worker fails");
    if (*round == WorkerLoop::RoundEnd::kLast) return;
  }
}

int Run(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "make" && argc == 3) {
    for (const std::string& frame : FramesOf(std::strtoull(argv[2], nullptr, 10))) std::puts(frame.c_str());
    return 0;
  }
  std::printf("kernel=%s compiler=%s\n", KernelName(), __VERSION__);
  if (what == "file" && argc == 3) {
    ReadFile(argv[2]);
    return 0;
  }
  const uint64_t count = argc == 4 ? std::strtoull(argv[2], nullptr, 10) : 0;
  const uint64_t times = argc == 4 ? std::strtoull(argv[3], nullptr, 10) : 0;
  if (count == 0 || (what != "decode" && what != "reference" && what != "judge")) {
    std::fprintf(stderr, "usage: instruction_guard decode|reference|judge FRAMES TIMES | make FRAMES | file PATH\n");
    return kUsage;
  }
  const std::vector<std::string> frames = FramesOf(count);
  if (what == "judge") {
    JudgeAll(frames, times);
  } else if (what == "reference") {
    RapidJsonFrameDecoder decoder(limits::kMaxFrameBytes);
    DecodeAll(&decoder, frames, times);
  } else {
    Decoder decoder(limits::kMaxFrameBytes);
    DecodeAll(&decoder, frames, times);
  }
  return 0;
}

}  // namespace
}  // namespace headcount::bench

int main(int argc, char** argv) {
  try {
    return headcount::bench::Run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "instruction_guard: %s\n", e.what());
    return 1;
  }
}
