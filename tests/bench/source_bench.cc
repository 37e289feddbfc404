// What reading from Kafka costs before a frame is even looked at: the worker's source beside librdkafka alone.
//   source_bench --bootstrap HOST:PORT --topic TOPIC [--rounds 5] [--budget MIB] [--batch 512] [--only raw|source]
//                [--work NS] [--json] [-X KEY=VALUE...]
// Reads the whole topic again and again, in turn with
//   raw     librdkafka's consumer, whose batches are thrown away: all partitions through one queue
//   source  KafkaFrameSource, read as a worker reads it: the partition that is furthest behind first, in batches
// each time in a process of its own with malloc as a worker sets it, and prints the medians: frames/s by the wall
// clock from the first to the last frame, CPU time a frame of all threads, and the peak memory. The topic is made
// beforehand (headcount-generate); -X is for both. --work spends so many nanoseconds on each frame. --json prints one
// object and nothing else:
//   {"bench":"source","frames":500000,"partitions":4,"raw":{"frames_per_s":...,"cpu_ns":...,"peak_mib":...},
//    "source":{...},"ratio":0.97,"cpu_ratio":1.04}
// The ratios are medians over pairs of neighbouring runs. Exit codes: 0 measured, 1 it failed, 64 an option.
#include <librdkafka/rdkafka.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/base/limits.h"
#include "common/base/wakeup.h"
#include "tests/support/kafka_testing.h"
#include "worker/kafka_frame_source.h"

namespace headcount::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kUsage = 64;
constexpr std::chrono::seconds kPatience{30};

struct Options {
  std::string bootstrap;
  std::string topic;
  int rounds = 5;
  uint64_t budget_mib = 0;  // 0: the source's own
  size_t batch = limits::kBatchFrames;
  std::string only;
  int64_t work_ns = 0;
  bool json = false;
  std::vector<KafkaProperty> properties;
};

// Where a partition begins and ends.
struct Range {
  int64_t first = 0;
  int64_t end = 0;
};

// One reading of the topic.
struct Reading {
  uint64_t frames = 0;
  double seconds = 0;
  double cpu_seconds = 0;
  double peak_mib = 0;
};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Times from the first frame to the last: connecting is another question.
class Stopwatch {
 public:
  explicit Stopwatch(int64_t work_ns) : work_ns_(work_ns) {}

  void Took(size_t frames) {
    if (frames == 0) return;
    if (frames_ == 0) {
      began_ = Clock::now();
      cpu_began_ = CpuSeconds();
    }
    frames_ += frames;
    if (work_ns_ == 0) return;
    const auto until = Clock::now() + std::chrono::nanoseconds(work_ns_ * static_cast<int64_t>(frames));
    while (Clock::now() < until) continue;
  }
  Reading Stop() const {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return {frames_, std::chrono::duration<double>(Clock::now() - began_).count(), CpuSeconds() - cpu_began_,
            static_cast<double>(usage.ru_maxrss) / 1024};
  }

 private:
  const int64_t work_ns_;
  uint64_t frames_ = 0;
  Clock::time_point began_;
  double cpu_began_ = 0;
};

// --- The two readers -----------------------------------------------------------------------------------------

Reading ReadRaw(const Options& options, const std::vector<Range>& ranges) {
  const TestBroker broker(options.bootstrap);
  KafkaConfig config = {{"group.id", options.topic},
                        {"isolation.level", "read_committed"},
                        {"enable.auto.commit", "false"},
                        {"fetch.message.max.bytes", "1048576"},
                        {"fetch.max.bytes", "4194304"}};
  for (const KafkaProperty& property : options.properties) config.emplace_back(property.key, property.value);
  const KafkaHandle consumer = MakeHandle(RD_KAFKA_CONSUMER, broker.ConfigWith(config));
  rd_kafka_poll_set_consumer(consumer.get());
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(static_cast<int>(ranges.size()));
  for (size_t p = 0; p < ranges.size(); ++p) {
    rd_kafka_topic_partition_list_add(list, options.topic.c_str(), static_cast<int32_t>(p))->offset = ranges[p].first;
  }
  rd_kafka_assign(consumer.get(), list);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_queue_t* const queue = rd_kafka_queue_get_consumer(consumer.get());

  Stopwatch stopwatch(options.work_ns);
  std::vector<rd_kafka_message_t*> messages(1000);
  int64_t left = 0;
  for (const Range& range : ranges) left += range.end - range.first;
  for (Clock::time_point since = Clock::now(); left > 0;) {
    // It waits for a whole batch, or for its time to be up.
    const ssize_t count = rd_kafka_consume_batch_queue(queue, limits::kStarvedWaitMs, messages.data(), messages.size());
    if (Clock::now() - since > kPatience) throw std::runtime_error("nothing came any more");
    size_t frames = 0;
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* const message = messages[static_cast<size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) ++frames;
      rd_kafka_message_destroy(message);
    }
    stopwatch.Took(frames);
    left -= static_cast<int64_t>(frames);
    if (frames > 0) since = Clock::now();
  }
  const Reading reading = stopwatch.Stop();
  rd_kafka_queue_destroy(queue);
  return reading;
}

Reading ReadSource(const Options& options, const std::vector<Range>& ranges) {
  KafkaSourceOptions source_options;
  source_options.config.bootstrap_server = options.bootstrap;
  source_options.config.group = options.topic;
  source_options.config.properties = options.properties;
  source_options.topic = options.topic;
  if (options.budget_mib > 0) source_options.fetch_budget_bytes = options.budget_mib << 20;
  KafkaFrameSource source(source_options);
  std::vector<StartPosition> starts;
  for (size_t p = 0; p < ranges.size(); ++p) {
    starts.push_back({PartitionId(static_cast<int32_t>(p)), Offset(ranges[p].first)});
  }
  if (const Result<void> started = source.Start(starts); !started) throw std::runtime_error(started.error().message);

  Stopwatch stopwatch(options.work_ns);
  struct Open {
    PartitionId partition;
    int64_t left;
  };
  std::vector<Open> open;
  for (size_t p = 0; p < ranges.size(); ++p) {
    if (ranges[p].end > ranges[p].first) open.push_back({starts[p].partition, ranges[p].end - ranges[p].first});
  }
  while (!open.empty()) {
    // Furthest behind first, as a worker does by event time.
    std::stable_sort(open.begin(), open.end(), [](const Open& a, const Open& b) { return a.left > b.left; });
    source.ClearReady();
    bool read = false;
    for (Open& partition : open) {
      const Result<FrameBatch> batch = source.Fetch(partition.partition, options.batch);
      if (!batch) throw std::runtime_error(batch.error().message);
      stopwatch.Took(batch->count);
      partition.left -= static_cast<int64_t>(batch->count);
      read = batch->count > 0;
      if (read) break;
      source.WakeFetcherIfIdle(partition.partition);
    }
    open.erase(std::remove_if(open.begin(), open.end(), [](const Open& o) { return o.left <= 0; }), open.end());
    if (!read) WaitReadable({source.ReadyFd()}, limits::kStarvedWaitMs);
  }
  return stopwatch.Stop();
}

// --- Rounds --------------------------------------------------------------------------------------------------

// In a process of its own: what one reading leaves behind would be the next one's memory.
Reading InChild(const std::function<Reading()>& read) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child == 0) {
    mallopt(M_MMAP_THRESHOLD, limits::kKeepBlocksBytes);
    mallopt(M_TRIM_THRESHOLD, limits::kKeepFreeBytes);
    try {
      const Reading reading = read();
      _exit(write(ends[1], &reading, sizeof reading) == sizeof reading ? 0 : 1);
    } catch (const std::exception& failure) {
      std::fprintf(stderr, "source_bench: %s\n", failure.what());
      _exit(1);
    }
  }
  close(ends[1]);
  Reading reading;
  const bool whole = ::read(ends[0], &reading, sizeof reading) == sizeof reading;
  close(ends[0]);
  waitpid(child, nullptr, 0);
  if (!whole) throw std::runtime_error("a reading failed");
  return reading;
}

// Asked in a child too: no client lives when the readings are forked.
std::vector<Range> RangesOf(const Options& options) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child == 0) {
    try {
      const TestBroker broker(options.bootstrap);
      const int32_t count = broker.PartitionCount(options.topic);
      for (int32_t p = 0; p < count; ++p) {
        const auto [first, end] = broker.Ends(options.topic, p);
        const Range range{first, end};
        if (write(ends[1], &range, sizeof range) != sizeof range) _exit(1);
      }
      _exit(0);
    } catch (const std::exception& failure) {
      std::fprintf(stderr, "source_bench: %s\n", failure.what());
      _exit(1);
    }
  }
  close(ends[1]);
  std::vector<Range> ranges;
  for (Range range; ::read(ends[0], &range, sizeof range) == sizeof range;) ranges.push_back(range);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  if (ranges.empty()) throw std::runtime_error("there is no topic " + options.topic);
  return ranges;
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double MedianOf(const std::vector<Reading>& readings, const std::function<double(const Reading&)>& value) {
  std::vector<double> values;
  values.reserve(readings.size());
  for (const Reading& reading : readings) values.push_back(value(reading));
  return Median(values);
}

double Rate(const Reading& r) { return static_cast<double>(r.frames) / r.seconds; }
double CpuNs(const Reading& r) { return r.cpu_seconds * 1e9 / static_cast<double>(r.frames); }
double PeakMib(const Reading& r) { return r.peak_mib; }

double MedianRatio(const std::vector<Reading>& a, const std::vector<Reading>& b, double (*value)(const Reading&)) {
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) ratios.push_back(value(a[i]) / value(b[i]));
  return Median(ratios);
}

std::string Figures(const std::vector<Reading>& readings, const char* format) {
  std::array<char, 200> text{};
  std::snprintf(text.data(), text.size(), format, MedianOf(readings, Rate), MedianOf(readings, CpuNs),
                MedianOf(readings, PeakMib));
  return text.data();
}

void Measure(const Options& options) {
  const std::vector<Range> ranges = RangesOf(options);
  std::vector<Reading> raw;
  std::vector<Reading> source;
  for (int round = 0; round < options.rounds; ++round) {
    if (options.only != "source") raw.push_back(InChild([&] { return ReadRaw(options, ranges); }));
    if (options.only != "raw") source.push_back(InChild([&] { return ReadSource(options, ranges); }));
  }
  const double ratio = MedianRatio(source, raw, Rate);
  const double cpu_ratio = MedianRatio(source, raw, CpuNs);
  const uint64_t frames = raw.empty() ? source.front().frames : raw.front().frames;
  if (options.json) {
    constexpr char kForm[] = "{\"frames_per_s\":%.0f,\"cpu_ns\":%.0f,\"peak_mib\":%.1f}";
    std::printf(
        "{\"bench\":\"source\",\"frames\":%llu,\"partitions\":%zu,\"raw\":%s,\"source\":%s,\"ratio\":%.3f,"
        "\"cpu_ratio\":%.3f}\n",
        static_cast<unsigned long long>(frames), ranges.size(), Figures(raw, kForm).c_str(),
        Figures(source, kForm).c_str(), ratio, cpu_ratio);
    return;
  }
  constexpr char kForm[] = "%9.0f frames/s  %5.0f ns CPU a frame  %6.1f MiB\n";
  std::printf("%llu frames, %zu partitions\n", static_cast<unsigned long long>(frames), ranges.size());
  if (!raw.empty()) std::printf("raw     %s", Figures(raw, kForm).c_str());
  if (!source.empty()) std::printf("source  %s", Figures(source, kForm).c_str());
  if (!raw.empty() && !source.empty()) std::printf("source / raw: rate %.3f, CPU %.3f\n", ratio, cpu_ratio);
}

bool Parse(int argc, char** argv, Options* options) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--json") {
      options->json = true;
      continue;
    }
    if (++i == argc) return false;
    const std::string value = argv[i];
    const int64_t number = std::strtoll(value.c_str(), nullptr, 10);
    if (name == "--bootstrap") {
      options->bootstrap = value;
    } else if (name == "--topic") {
      options->topic = value;
    } else if (name == "--only" && (value == "raw" || value == "source")) {
      options->only = value;
    } else if (name == "-X" && value.find('=') != std::string::npos) {
      options->properties.push_back(
          {KafkaProperty::Scope::kBoth, value.substr(0, value.find('=')), value.substr(value.find('=') + 1)});
    } else if (number <= 0) {
      return false;
    } else if (name == "--work") {
      options->work_ns = number;
    } else if (name == "--rounds") {
      options->rounds = static_cast<int>(number);
    } else if (name == "--budget") {
      options->budget_mib = static_cast<uint64_t>(number);
    } else if (name == "--batch") {
      options->batch = static_cast<size_t>(number);
    } else {
      return false;
    }
  }
  return !options->bootstrap.empty() && !options->topic.empty();
}

}  // namespace
}  // namespace headcount::test

int main(int argc, char** argv) {
  headcount::test::Options options;
  if (!headcount::test::Parse(argc, argv, &options)) {
    std::fprintf(stderr, "source_bench: an option is wrong; see the top of source_bench.cc\n");
    return headcount::test::kUsage;
  }
  try {
    headcount::test::Measure(options);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "source_bench: %s\n", failure.what());
    return 1;
  }
  return 0;
}
