// How long a minute takes from the frame that ends it to the record that a consumer can read.
//   latency_bench --bootstrap HOST:PORT [--headcount PATH] [--windows 60] [--partitions 4] [--workers 2]
//                 [--rate 50] [--frame-bytes 1000] [--reader-wait MS] [--stages] [--json] [-- OPTION OF RUN...]
// Makes its own topics, starts `headcount run --window 1s`, and sends every partition `rate` frames a second whose
// `ts` is now. The clock of the job is the slowest partition's, so one frame ends each window: the last, over the
// partitions, of the first frames at or after the window's end plus the lateness. Its time is taken just before it is
// handed to the producer (linger.ms=0), the record's when a read_committed consumer hands it out. The first windows
// are not counted: the job is starting. Without --bootstrap the address stands in the file that
// HEADCOUNT_TEST_BOOTSTRAP_FILE names.
//
// --stages lets the job say at each step what it does (HEADCOUNT_LOG_LEVEL=debug) and prints the medians of the
// stages, to a millisecond. --json prints one object and nothing else:
//   {"bench":"latency","windows":60,"partitions":4,"workers":2,"frames_per_s":200,"frame_bytes":1000,
//    "p50_ms":7.1,"p90_ms":9.0,"p99_ms":14.2,"max_ms":14.2,"produce_p50_ms":0.9,
//    "stages":{"to_sealed":2.0,...}}
// produce_p50_ms is the part until the broker has acknowledged the frame; "stages" is there with --stages only.
// Exit codes: 0 measured, 1 something went wrong (a window missing or there twice included), 64 an option.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/kafka_testing.h"

namespace headcount::test {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int64_t kWindowS = 1;
constexpr int64_t kLatenessS = 2;
constexpr int64_t kWarmUpWindows = 5;
// How long the last windows may take to come, and the job to start.
constexpr seconds kPatience{30};
constexpr int kUsage = 64;

// Of the wall clock, which this program's frames, the job's log lines and this program's measuring have in common.
int64_t NowUs() {
  return std::chrono::duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

struct Options {
  std::string bootstrap;
  std::string headcount = HEADCOUNT_BINARY_DIR "/headcount";
  int64_t windows = 60;
  int32_t partitions = 4;
  int32_t workers = 2;
  int64_t rate = 50;
  size_t frame_bytes = 1000;
  int wait_ms = 500;
  bool stages = false;
  bool json = false;
  std::vector<std::string> run_options;
};

// --- The frames ----------------------------------------------------------------------------------------------

// What is known of a window, by its start.
struct Window {
  int64_t ended_us = 0;  // the frame that ends it is handed to the producer
  int64_t acknowledged_us = 0;
  int64_t read_us = 0;
  int records = 0;
};

// Shared by the feed's and the reader's threads.
class Windows {
 public:
  void Ended(int64_t start, int64_t now_us) {
    const std::lock_guard<std::mutex> lock(mutex_);
    windows_[start].ended_us = now_us;
  }
  void Acknowledged(int64_t start, int64_t now_us) {
    const std::lock_guard<std::mutex> lock(mutex_);
    windows_[start].acknowledged_us = now_us;
  }
  void Read(int64_t start, int64_t now_us) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Window& window = windows_[start];
    if (window.records++ == 0) window.read_us = now_us;
  }
  std::map<int64_t, Window> Take() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return windows_;
  }
  int64_t CountEnded() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::count_if(windows_.begin(), windows_.end(), [](const auto& w) { return w.second.ended_us != 0; });
  }
  bool Has(int64_t start) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = windows_.find(start);
    return found != windows_.end() && found->second.records > 0;
  }

 private:
  mutable std::mutex mutex_;
  std::map<int64_t, Window> windows_;
};

// Sends frames at a steady pace, the partitions in turn, and notes which frame ends which window.
class Feed {
 public:
  Feed(const TestBroker& broker, const Options& options, std::string topic, Windows* windows)
      : options_(options),
        topic_(std::move(topic)),
        windows_(windows),
        clocks_(static_cast<size_t>(options.partitions), 0) {
    producer_ = MakeHandle(RD_KAFKA_PRODUCER, broker.ConfigWith({{"linger.ms", "0"}, {"acks", "all"}}),
                           [this](rd_kafka_conf_t* conf) {
                             rd_kafka_conf_set_opaque(conf, this);
                             rd_kafka_conf_set_dr_msg_cb(conf, &Feed::OnDelivery);
                           });
  }

  // Until `wanted` windows have ended, in real time.
  void Run(int64_t wanted) {
    const auto pause = microseconds(1'000'000 / (options_.rate * options_.partitions));
    auto due = std::chrono::steady_clock::now();
    for (uint64_t n = 0; windows_->CountEnded() < wanted; ++n) {
      // Waits in the client, so that acknowledgements are seen when they come.
      for (;;) {
        const auto left = std::chrono::duration_cast<milliseconds>(due - std::chrono::steady_clock::now());
        if (left.count() <= 0) break;
        rd_kafka_poll(producer_.get(), static_cast<int>(left.count()));
      }
      std::this_thread::sleep_until(due);
      Send(static_cast<int32_t>(n % static_cast<uint64_t>(options_.partitions)), n);
      due += pause;
    }
    rd_kafka_flush(producer_.get(), 10'000);
    if (failed_ > 0) throw std::runtime_error(std::to_string(failed_) + " frames were not taken by the broker");
  }

 private:
  void Send(int32_t partition, uint64_t n) {
    const int64_t now_us = NowUs();
    std::string frame = "{\"id\":" + std::to_string(n) + ",\"ts\":" + std::to_string(now_us / 1000) +
                        ",\"uid\":\"user-" + std::to_string(n * 2654435761U % 1000) + "\",\"page\":\"";
    frame.append(options_.frame_bytes > frame.size() + 2 ? options_.frame_bytes - frame.size() - 2 : 0, 'x')
        .append("\"}");

    const int64_t before = Slowest();
    clocks_[static_cast<size_t>(partition)] = now_us / 1'000'000;
    const int64_t after = Slowest();
    for (int64_t end = before + 1; before > 0 && end <= after; ++end) {
      last_ended_ = end - kLatenessS - kWindowS;
      windows_->Ended(last_ended_, now_us);
    }
    const bool ends_one = before > 0 && after > before;
    Produce(partition, &frame, ends_one ? last_ended_ : 0);
  }

  // `ended`: the window that the frame ends, or 0.
  void Produce(int32_t partition, std::string* frame, int64_t ended) {
    std::array<rd_kafka_vu_t, 5> fields{};
    fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    fields[0].u.cstr = topic_.c_str();
    fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[1].u.i32 = partition;
    fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[2].u.i = RD_KAFKA_MSG_F_COPY;
    fields[3].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[3].u.mem.ptr = frame->data();
    fields[3].u.mem.size = frame->size();
    fields[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
    fields[4].u.ptr = reinterpret_cast<void*>(ended);
    rd_kafka_error_t* const error = rd_kafka_produceva(producer_.get(), fields.data(), fields.size());
    if (error == nullptr) return;
    const std::string why = rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
    throw std::runtime_error("a frame could not be produced: " + why);
  }

  int64_t Slowest() const { return *std::min_element(clocks_.begin(), clocks_.end()); }

  static void OnDelivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* opaque) {
    auto* const self = static_cast<Feed*>(opaque);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) ++self->failed_;
    const auto start = reinterpret_cast<int64_t>(message->_private);
    if (start != 0) self->windows_->Acknowledged(start, NowUs());
  }

  const Options& options_;
  const std::string topic_;
  Windows* const windows_;
  KafkaHandle producer_;
  std::vector<int64_t> clocks_;  // by partition, in seconds
  int64_t last_ended_ = 0;
  int failed_ = 0;
};

// --- The records ---------------------------------------------------------------------------------------------

// Reads the output topic as a subscriber of the counts would, until it is destroyed.
class Reader {
 public:
  Reader(const TestBroker& broker, const Options& options, const std::string& topic, Windows* windows)
      : windows_(windows),
        consumer_(MakeHandle(RD_KAFKA_CONSUMER,
                             broker.ConfigWith({{"group.id", topic},
                                                {"isolation.level", "read_committed"},
                                                {"enable.auto.commit", "false"},
                                                {"fetch.wait.max.ms", std::to_string(options.wait_ms)}}))) {
    rd_kafka_poll_set_consumer(consumer_.get());
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), 0)->offset = 0;
    rd_kafka_assign(consumer_.get(), list);
    rd_kafka_topic_partition_list_destroy(list);
    thread_ = std::thread([this] { Run(); });
  }
  ~Reader() {
    stopping_ = true;
    thread_.join();
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

 private:
  void Run() {
    while (!stopping_) {
      rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer_.get(), 50);
      const int64_t now_us = NowUs();
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        windows_->Read(std::stoll(std::string(static_cast<const char*>(message->key), message->key_len)), now_us);
      }
      rd_kafka_message_destroy(message);
    }
  }

  Windows* const windows_;
  const KafkaHandle consumer_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

// --- The stages ----------------------------------------------------------------------------------------------

// Of one window, from the lines of the job; microseconds of the wall clock.
struct Stages {
  int64_t sealed_us = 0;  // by the last worker
  int64_t committed_us = 0;
  std::map<std::string, int64_t> steps_us;  // of the writer, by name
};

int64_t NumberAfter(const std::string& line, const std::string& key) {
  const size_t at = line.find(" " + key + "=");
  return at == std::string::npos ? -1 : std::strtoll(line.c_str() + at + key.size() + 2, nullptr, 10);
}

constexpr std::array kSteps = {"united_us", "begun_us", "produced_us", "offsets_us", "committed_us"};

// 2026-01-31T10:20:30.123Z DEBUG worker-1 sealed upto=1469000000 ...
std::map<int64_t, Stages> StagesOf(const std::string& log) {
  std::map<int64_t, Stages> stages;  // by the end of the window
  size_t at = 0;
  while (at < log.size()) {
    const size_t end = std::min(log.find('\n', at), log.size());
    const std::string line = log.substr(at, end - at);
    at = end + 1;
    tm utc{};
    int ms = 0;
    if (line.find(" DEBUG ") == std::string::npos || line.size() < 24) continue;
    if (std::sscanf(line.c_str(), "%d-%d-%dT%d:%d:%d.%dZ", &utc.tm_year, &utc.tm_mon, &utc.tm_mday, &utc.tm_hour,
                    &utc.tm_min, &utc.tm_sec, &ms) != 7) {
      continue;
    }
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    const int64_t time_us = timegm(&utc) * 1'000'000 + ms * 1000;
    const int64_t frontier = NumberAfter(line, "upto");
    if (frontier < 0) continue;
    Stages& stage = stages[frontier];
    if (line.find(" sealed ") != std::string::npos) stage.sealed_us = std::max(stage.sealed_us, time_us);
    if (line.find(" committed ") != std::string::npos) stage.committed_us = time_us;
    for (const char* const step : kSteps) {
      if (const int64_t us = NumberAfter(line, step); us >= 0) stage.steps_us[step] = us;
    }
  }
  return stages;
}

// --- The figures ---------------------------------------------------------------------------------------------

// The smallest value that is not exceeded by that share of them.
double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto place = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<size_t>(place, 1) - 1];
}

struct Figures {
  std::vector<double> total_ms;
  std::vector<double> produce_ms;
  std::map<std::string, std::vector<double>> stages_ms;
};

Figures FiguresOf(const std::map<int64_t, Window>& windows, const std::map<int64_t, Stages>& stages) {
  Figures figures;
  int64_t number = 0;
  for (const auto& [start, window] : windows) {
    if (window.ended_us == 0 || ++number <= kWarmUpWindows) continue;
    if (window.records != 1) {
      throw std::runtime_error("window " + std::to_string(start) + " came " + std::to_string(window.records) +
                               " times");
    }
    figures.total_ms.push_back(static_cast<double>(window.read_us - window.ended_us) / 1000);
    figures.produce_ms.push_back(static_cast<double>(window.acknowledged_us - window.ended_us) / 1000);
    const auto stage = stages.find(start + kWindowS);
    if (stage == stages.end()) continue;
    const auto note = [&](const std::string& name, int64_t us) {
      figures.stages_ms[name].push_back(static_cast<double>(us) / 1000);
    };
    int64_t writer_us = 0;
    for (const auto& [name, us] : stage->second.steps_us) {
      note(name.substr(0, name.size() - 3), us);
      writer_us += us;
    }
    note("1_to_sealed", stage->second.sealed_us - window.ended_us);
    note("2_to_writer", stage->second.committed_us - writer_us - stage->second.sealed_us);
    note("3_writer", writer_us);
    note("4_to_read", window.read_us - stage->second.committed_us);
  }
  return figures;
}

std::string Json(const Options& options, const Figures& figures) {
  std::array<char, 512> text{};
  std::snprintf(text.data(), text.size(),
                "{\"bench\":\"latency\",\"windows\":%zu,\"partitions\":%d,\"workers\":%d,\"frames_per_s\":%lld,"
                "\"frame_bytes\":%zu,\"p50_ms\":%.2f,\"p90_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,"
                "\"produce_p50_ms\":%.2f",
                figures.total_ms.size(), options.partitions, options.workers,
                static_cast<long long>(options.rate * options.partitions), options.frame_bytes,
                Quantile(figures.total_ms, 0.5), Quantile(figures.total_ms, 0.9), Quantile(figures.total_ms, 0.99),
                Quantile(figures.total_ms, 1), Quantile(figures.produce_ms, 0.5));
  std::string json = text.data();
  if (options.stages) {
    json += ",\"stages\":{";
    const char* separator = "";
    for (const auto& [name, values] : figures.stages_ms) {
      std::snprintf(text.data(), text.size(), "%s\"%s\":%.2f", separator, name.c_str(), Quantile(values, 0.5));
      json += text.data();
      separator = ",";
    }
    json += "}";
  }
  return json + "}\n";
}

std::string Text(const Figures& figures) {
  const auto row = [](const std::string& name, const std::vector<double>& values) {
    std::array<char, 200> text{};
    std::snprintf(text.data(), text.size(), "%-16s p50 %7.2f  p90 %7.2f  p99 %7.2f  max %7.2f ms\n", name.c_str(),
                  Quantile(values, 0.5), Quantile(values, 0.9), Quantile(values, 0.99), Quantile(values, 1));
    return std::string(text.data());
  };
  std::string text = std::to_string(figures.total_ms.size()) + " windows, from the frame that ends one to its record\n";
  text += row("total", figures.total_ms) + row("frame produced", figures.produce_ms);
  for (const auto& [name, values] : figures.stages_ms) text += row(name, values);
  return text;
}

// --- The run -------------------------------------------------------------------------------------------------

std::vector<std::string> RunArguments(const Options& options, const std::string& bootstrap, const std::string& input,
                                      const std::string& output) {
  std::vector<std::string> arguments = {"run",
                                        "-b",
                                        bootstrap,
                                        "--input-topic",
                                        input,
                                        "--output-topic",
                                        output,
                                        "--group",
                                        input,
                                        "--window",
                                        std::to_string(kWindowS) + "s",
                                        "--allowed-lateness",
                                        std::to_string(kLatenessS) + "s",
                                        "--workers",
                                        std::to_string(options.workers)};
  arguments.insert(arguments.end(), options.run_options.begin(), options.run_options.end());
  return arguments;
}

void Measure(const Options& options) {
  const TestBroker broker = options.bootstrap.empty() ? TestBroker::FromEnvironment() : TestBroker(options.bootstrap);
  const TestTopic input(broker, "latency-in", options.partitions);
  const TestTopic output(broker, "latency-out", 1);
  const TempDir directory;
  ChildOptions child;
  child.directory = directory.path();
  if (options.stages) child.environment.emplace_back("HEADCOUNT_LOG_LEVEL", "debug");
  ChildProcess job(options.headcount, RunArguments(options, broker.bootstrap_server(), input.name(), output.name()),
                   child);
  Windows windows;
  {
    const Reader reader(broker, options, output.name(), &windows);
    Feed feed(broker, options, input.name(), &windows);
    feed.Run(options.windows + kWarmUpWindows);
    const int64_t last = std::prev(windows.Take().end())->first;
    if (!Eventually([&] { return windows.Has(last) || !job.IsRunning(); }, kPatience) || !job.IsRunning()) {
      throw std::runtime_error("the last window did not come\n" + job.Err());
    }
  }
  job.Signal(SIGTERM);
  const auto status = job.Wait();
  if (!status || status->code != 0) throw std::runtime_error("headcount did not end well\n" + job.Err());
  const Figures figures = FiguresOf(windows.Take(), StagesOf(options.stages ? job.Err() : ""));
  std::fputs((options.json ? Json(options, figures) : Text(figures)).c_str(), stdout);
}

bool Parse(int argc, char** argv, Options* options) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--") {
      options->run_options.assign(argv + i + 1, argv + argc);
      return true;
    }
    if (name == "--json" || name == "--stages") {
      (name == "--json" ? options->json : options->stages) = true;
      continue;
    }
    if (++i == argc) return false;
    const std::string value = argv[i];
    const int64_t number = std::strtoll(value.c_str(), nullptr, 10);
    if (name == "--bootstrap") {
      options->bootstrap = value;
    } else if (name == "--headcount") {
      options->headcount = value;
    } else if (number <= 0) {
      return false;
    } else if (name == "--windows") {
      options->windows = number;
    } else if (name == "--partitions") {
      options->partitions = static_cast<int32_t>(number);
    } else if (name == "--workers") {
      options->workers = static_cast<int32_t>(number);
    } else if (name == "--rate") {
      options->rate = number;
    } else if (name == "--frame-bytes") {
      options->frame_bytes = static_cast<size_t>(number);
    } else if (name == "--reader-wait") {
      options->wait_ms = static_cast<int>(number);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace headcount::test

int main(int argc, char** argv) {
  headcount::test::Options options;
  if (!headcount::test::Parse(argc, argv, &options)) {
    std::fprintf(stderr, "latency_bench: an option is wrong; see the top of latency_bench.cc\n");
    return headcount::test::kUsage;
  }
  try {
    headcount::test::Measure(options);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "latency_bench: %s\n", failure.what());
    return 1;
  }
  return 0;
}
