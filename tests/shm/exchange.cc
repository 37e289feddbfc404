#include "tests/shm/exchange.h"

#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "common/base/limits.h"
#include "common/log/log.h"
#include "common/shm/worker_view.h"
#include "common/shm/writer_view.h"
#include "coordinator/writer/closing.h"
#include "tests/support/owned_table.h"
#include "tests/support/random.h"
#include "worker/window_store.h"

namespace headcount::test {
namespace {

Fingerprint PrintOf(uint64_t user) { return {Random::Mix(user), user + 1}; }
bool Before(Fingerprint a, Fingerprint b) { return RankOf(a) < RankOf(b); }

std::string At(SlotId slot, int64_t n) {
  return " of slot " + std::to_string(slot.value()) + " at " + std::to_string(n) + " ";
}

}  // namespace

// --- What is right -------------------------------------------------------------------------------------------

uint64_t Model::Draw(SlotId slot, int64_t window, uint64_t what) const {
  return Random::Mix(Random::Mix(Random::Mix(seed_ + what) + static_cast<uint64_t>(window)) +
                     static_cast<uint64_t>(slot.value()));
}

std::vector<uint64_t> Model::UsersOf(SlotId slot, int64_t window) const {
  Random random(Draw(slot, window, 1));
  // Mostly small, so that publications follow each other quickly; sometimes large, so that tables grow.
  const uint64_t users = random.Chance(0.1) ? random.Below(2'000) : random.Below(40);
  std::vector<uint64_t> all;
  for (uint64_t i = 0; i < users; ++i) all.push_back(random.Below(3'000));
  return all;
}

VerdictCounts Model::CountsOf(SlotId slot, int64_t window) const {
  VerdictCounts counts;
  counts.counted = UsersOf(slot, window).size();
  counts.late = Draw(slot, window, 2) % 3;
  counts.future = Draw(slot, window, 3) % 3;
  counts.invalid_by_reason[Draw(slot, window, 4) % kInvalidReasons] = 1;
  return counts;
}

JudgeState Model::PointAt(SlotId slot, int64_t window) const {
  Random random(Draw(slot, window, 5));
  JudgeState state{Offset(window), random.Chance(0.5), EventTime(window * 60), {}, {}};
  state.unattributed.future = random.Below(1'000);
  for (uint64_t i = random.Below(limits::kUnconfirmedFrames); i > 0; --i) {
    state.unconfirmed.push_back({Offset(window - static_cast<int64_t>(i)), static_cast<int32_t>(random.Below(16)) - 8});
  }
  state.rules.now = {static_cast<int64_t>(random.Below(90)), static_cast<int64_t>(random.Below(5))};
  for (uint64_t i = random.Below(limits::kMaxRuleChanges + 1); i > 0; --i) {
    state.rules.to_come.push_back({Window(window + static_cast<int64_t>(i)), state.rules.now});
  }
  return state;
}

shm::PartitionProgress Model::StepAt(SlotId slot, int64_t sealed) const {
  Random random(Draw(slot, sealed, 6));
  shm::PartitionProgress step{
      PartitionId(slot.value()), Offset(sealed + 1), EventTime(sealed * 60), {PointAt(slot, sealed), {}}};
  for (uint64_t i = random.Below(limits::kMaxDecisions + 1); i > 0; --i) {
    step.rest.decisions.push_back({Offset(sealed), Decision::Kind::kIdle, Window(static_cast<int64_t>(i)),
                                   EventTime(static_cast<int64_t>(random.Below(1'000)))});
  }
  return step;
}

std::string Model::DiffersWindow(SlotId slot, int64_t n, const shm::SealedWindow& window) const {
  if (window.start != Window(n)) return "the start of the window" + At(slot, n);
  if (!(window.counts == CountsOf(slot, n))) return "the counts" + At(slot, n);
  const std::vector<uint64_t> added = UsersOf(slot, n);
  const std::set<uint64_t> users(added.begin(), added.end());
  if (window.table.size() != users.size()) return "the size of the table" + At(slot, n);
  const std::vector<Fingerprint> seen = ReadAll(window.table);
  for (const uint64_t user : users) {
    if (!std::binary_search(seen.begin(), seen.end(), PrintOf(user), Before)) {
      return "user " + std::to_string(user) + At(slot, n);
    }
  }
  if (seen.size() != users.size()) return "the table" + At(slot, n);
  if (window.first_contributions.size() != 1) return "the first points" + At(slot, n);
  const shm::FirstContribution& first = window.first_contributions[0];
  if (first.partition != PartitionId(slot.value()) || !(first.state == PointAt(slot, n))) {
    return "the first point" + At(slot, n);
  }
  return "";
}

std::string Model::Differs(SlotId slot, const shm::HandOff& hand_off, int64_t closed) const {
  const int64_t sealed = NumberOf(hand_off.sealed_frontier);
  if (hand_off.partition_count != slots_) return "the partition count" + At(slot, sealed);
  if (hand_off.last != (sealed == windows_)) return "the last word" + At(slot, sealed);
  if (hand_off.partitions.size() != 1) return "the steps" + At(slot, sealed);
  const shm::PartitionProgress& step = hand_off.partitions[0];
  const shm::PartitionProgress right = StepAt(slot, sealed);
  if (step.partition != right.partition || step.position != right.position || step.watermark != right.watermark ||
      !(step.rest == right.rest)) {
    return "the step" + At(slot, sealed);
  }
  if (sealed - closed != static_cast<int64_t>(hand_off.windows.size())) {
    return "the number of windows" + At(slot, sealed);
  }
  for (size_t i = 0; i < hand_off.windows.size(); ++i) {
    std::string wrong = DiffersWindow(slot, closed + static_cast<int64_t>(i), hand_off.windows[i]);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

uint64_t Model::UnionOf(int64_t window) const {
  std::set<uint64_t> users;
  for (int32_t s = 0; s < slots_; ++s) {
    const std::vector<uint64_t> added = UsersOf(SlotId(s), window);
    users.insert(added.begin(), added.end());
  }
  return users.size();
}

// --- A worker ------------------------------------------------------------------------------------------------

namespace {

class ModelWorker {
 public:
  ModelWorker(const shm::JobMemory* memory, const Model& model, SlotId slot, Generation generation,
              uint64_t die_in_hand_off)
      : model_(model), slot_(slot), generation_(generation), die_in_hand_off_(die_in_hand_off), view_(memory, slot) {}

  int Run() {
    view_.BeginGeneration(generation_, 1);
    while (!view_.taken_over()) sched_yield();
    const int64_t first = Model::NumberOf(view_.closed_frontier());
    store_.emplace(view_.slice(), generation_, Model::Window(first), [this] { return WaitForMemory(); });
    published_ = first;
    Publish(first);
    for (int64_t n = first; n < model_.windows(); ++n) {
      // Two windows are always open: half of the next one's users come before this one is sealed.
      if (n == first) AddHalf(n, 0);
      AddHalf(n, 1);
      if (n + 1 < model_.windows()) AddHalf(n + 1, 0);
      store_->SealUpTo(Model::Window(n + 1), {PartitionId(slot_.value())});
      if (store_->out_of_memory() || !Publish(n + 1)) return 78;
      store_->ReleaseUpTo(view_.closed_frontier());
    }
    return 0;
  }

 private:
  void AddHalf(int64_t n, size_t half) {
    WindowStore::OpenWindow* window = store_->Find(Model::Window(n));
    window->first_contributions = {model_.PointAt(slot_, n)};
    const std::vector<uint64_t> users = model_.UsersOf(slot_, n);
    for (size_t i = half; i < users.size(); i += 2) store_->AddUser(window, PrintOf(users[i]));
    if (half == 1) store_->Count(window, model_.CountsOf(slot_, n));
  }

  // As worker.cc does it.
  bool Publish(int64_t sealed) {
    const shm::HandOff hand_off{
        generation_, Model::Window(sealed), model_.slots(), sealed == model_.windows(), {model_.StepAt(slot_, sealed)},
        {}};
    view_.BeginHandOff();
    const uint64_t bytes = shm::BytesOf(store_->sealed(), hand_off.partitions);
    const WindowStore::Space room = store_->HandOffSpace(bytes);
    if (room.begin == nullptr) return false;
    if (++hand_offs_ == die_in_hand_off_) {
      std::memset(room.begin, 0xab, bytes);
      raise(SIGKILL);
    }
    shm::Store(room.begin, hand_off, store_->sealed());
    view_.FinishHandOff(room.at, bytes, Model::Window(sealed));
    published_ = sealed;
    return true;
  }

  // The writer always closes what is published, so the only end of waiting is room, or the end of this process.
  bool WaitForMemory() {
    const uint64_t used = store_->used_bytes();
    while (!store_->sealed().empty() && store_->sealed().front().start < Model::Window(published_)) {
      store_->ReleaseUpTo(view_.closed_frontier());
      if (store_->used_bytes() < used) return true;
      sched_yield();
    }
    return false;
  }

  const Model model_;
  const SlotId slot_;
  const Generation generation_;
  const uint64_t die_in_hand_off_;  // 0: none
  shm::WorkerView view_;
  std::optional<WindowStore> store_;
  int64_t published_ = 0;  // sealed and published up to this window
  uint64_t hand_offs_ = 0;
};

}  // namespace

int RunModelWorker(const shm::JobMemory* memory, const Model& model, SlotId slot, Generation generation,
                   uint64_t die_in_hand_off) {
  return ModelWorker(memory, model, slot, generation, die_in_hand_off).Run();
}

// --- The writer ----------------------------------------------------------------------------------------------

int RunModelWriter(const shm::JobMemory* memory, const Model& model) {
  shm::WriterView view(memory);
  for (int32_t s = 0; s < model.slots(); ++s) view.OpenPartition(PartitionId(s));
  view.RaisePartitionCount(model.slots());
  view.EnterState(shm::WriterState::kCounted);
  view.CloseUpTo(Model::Window(0), RunId(1), Sequence(0));
  view.EnterState(shm::WriterState::kTakenOver);

  Random random(model.seed() + 17);
  std::vector<Generation> acknowledged(static_cast<size_t>(model.slots()));
  int64_t closed = 0;
  for (uint64_t sequence = 1; closed < model.windows();) {
    view.Beat(closed + 1);
    view.Acknowledge();
    HandOffs hand_offs;
    for (int32_t s = 0; s < model.slots(); ++s) {
      Generation& known = acknowledged[static_cast<size_t>(s)];
      known = Generation(memory->slot(SlotId(s)).writer_acknowledged.load());
      hand_offs.push_back(view.TakeHandOff(SlotId(s), Model::Window(closed)));
      if (!hand_offs.back()) continue;
      if (hand_offs.back()->generation != known) {
        Log(LogAction::kInvariantBroken,
            "a publication of a generation that is not the acknowledged one" + At(SlotId(s), closed));
        return 1;
      }
      const std::string wrong = model.Differs(SlotId(s), *hand_offs.back(), closed);
      if (!wrong.empty()) {
        Log(LogAction::kInvariantBroken, "wrong: " + wrong);
        return 1;
      }
    }
    const WindowStart sealed = SealedByAll(hand_offs, model.slots());
    const WindowStart frontier =
        BoundedFrontier(hand_offs, std::max(Model::Window(closed), sealed), 60, 1 + random.Below(9));
    const std::vector<CountRecord> records = MergeWindows(hand_offs, frontier, 60);
    // A dead worker's windows stay readable until its next generation is acknowledged: this is where that matters.
    for (const CountRecord& record : records) {
      const int64_t n = Model::NumberOf(record.start);
      if (n != closed++ || record.unique_users != model.UnionOf(n)) {
        Log(LogAction::kInvariantBroken, "window " + std::to_string(n) + " was merged to " +
                                             std::to_string(record.unique_users) + " users instead of " +
                                             std::to_string(model.UnionOf(n)));
        return 1;
      }
    }
    if (records.empty()) {
      sched_yield();
      continue;
    }
    view.CloseUpTo(frontier, RunId(1), Sequence(sequence++));
  }
  view.EnterState(shm::WriterState::kDone);
  return 0;
}

}  // namespace headcount::test
