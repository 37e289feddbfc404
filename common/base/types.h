// Distinct types for the ids and times of the job, so that the compiler rejects one in the position of another. Pure
// values; every process uses them.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>

namespace headcount {

// Gives T the six comparisons, by its rank().
template <typename T>
class Ordered {
  friend constexpr bool operator==(T a, T b) { return a.rank() == b.rank(); }
  friend constexpr bool operator!=(T a, T b) { return a.rank() != b.rank(); }
  friend constexpr bool operator<(T a, T b) { return a.rank() < b.rank(); }
  friend constexpr bool operator<=(T a, T b) { return a.rank() <= b.rank(); }
  friend constexpr bool operator>(T a, T b) { return a.rank() > b.rank(); }
  friend constexpr bool operator>=(T a, T b) { return a.rank() >= b.rank(); }
};

// A whole number with a meaning: two Ids with different tags neither compare nor convert.
template <typename Tag, typename Rep>
class Id : public Ordered<Id<Tag, Rep>> {
 public:
  using rep = Rep;

  constexpr Id() = default;
  constexpr explicit Id(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }
  constexpr Rep rank() const { return value_; }

 private:
  Rep value_{};
};

// A partition of the input topic; with --input, the index of the file in the list.
using PartitionId = Id<struct PartitionTag, int32_t>;
// A record's position in its partition: Kafka's offset, or in a file the byte at which the line begins. Offsets grow
// along a partition and may have gaps.
using Offset = Id<struct OffsetTag, int64_t>;
// Names one of the job's worker processes, across restarts. Its worker owns the partitions whose number is congruent to
// it modulo --workers.
using SlotId = Id<struct SlotTag, int32_t>;
// Numbers the processes of one slot: a restarted child has the next generation. 0: never started.
using Generation = Id<struct GenerationTag, uint64_t>;
// Names one run of the whole job, which begins with a takeover. Random, so that the writer recognises a commit of
// another run. 0: none yet.
using RunId = Id<struct RunTag, uint64_t>;
// The number of a transaction within its run; the takeover is 0.
using Sequence = Id<struct SequenceTag, uint64_t>;

// Event time in whole seconds since the epoch. Unset() lies before every time: a partition without a watermark is the
// slowest of all, and "nothing closed yet" is below every window.
class EventTime : public Ordered<EventTime> {
 public:
  constexpr EventTime() = default;
  constexpr explicit EventTime(int64_t seconds) : seconds_(seconds) {}
  static constexpr EventTime Unset() { return EventTime(std::numeric_limits<int64_t>::min()); }
  // After every time; the minimum of an empty set of times.
  static constexpr EventTime Forever() { return EventTime(std::numeric_limits<int64_t>::max()); }

  constexpr bool is_set() const { return seconds_ != Unset().seconds_; }
  constexpr bool is_finite() const { return is_set() && seconds_ != Forever().seconds_; }
  constexpr int64_t seconds() const { return seconds_; }
  constexpr int64_t rank() const { return seconds_; }

  // Unset and Forever stay as they are. Finite times lie below 1e14 and durations within the bounds of limits.h, so
  // that sums cannot overflow.
  constexpr EventTime plus(int64_t duration_s) const { return is_finite() ? EventTime(seconds_ + duration_s) : *this; }

 private:
  int64_t seconds_ = std::numeric_limits<int64_t>::min();
};

// The start of a window, and also the boundary between two windows: a frontier b speaks of all windows that start
// before b. Unset(): no window.
class WindowStart : public Ordered<WindowStart> {
 public:
  constexpr WindowStart() = default;
  // Takes the seconds() of any window, Unset() included.
  constexpr explicit WindowStart(int64_t seconds) : time_(seconds) {}
  static constexpr WindowStart Unset() { return WindowStart(); }

  constexpr bool is_set() const { return time_.is_set(); }
  constexpr int64_t seconds() const { return time_.seconds(); }
  constexpr int64_t rank() const { return time_.seconds(); }
  constexpr EventTime time() const { return time_; }

 private:
  EventTime time_;
};

// The times of the counting rule (README.md, "How it counts"), all in seconds.
struct CountingRule {
  int64_t window_s = 60;
  int64_t lateness_s = 5;
  int64_t max_jump_s = 5;  // at most lateness_s

  // The window of an event time. Event times are never negative.
  constexpr WindowStart WindowOf(EventTime t) const { return WindowStart(t.seconds() - t.seconds() % window_s); }
  constexpr EventTime EndOf(WindowStart w) const { return w.time().plus(window_s); }
  // The last boundary b with b + lateness <= t: a low watermark of t allows to seal all windows before b.
  constexpr WindowStart SealableBy(EventTime t) const {
    if (!t.is_finite() || t.seconds() < lateness_s) return WindowStart::Unset();
    return WindowOf(t.plus(-lateness_s));
  }
};

}  // namespace headcount

namespace std {
template <typename Tag, typename Rep>
struct hash<headcount::Id<Tag, Rep>> {
  size_t operator()(headcount::Id<Tag, Rep> id) const { return hash<Rep>()(id.value()); }
};
}  // namespace std
