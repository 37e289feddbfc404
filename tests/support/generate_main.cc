// headcount-generate: frames for tests, benches and first tries, to files or to Kafka, and the few things
// to be done to topics on the way. README.md in this folder shows how. A tool of the tests and scripts.

#include <algorithm>
#include <boost/program_options.hpp>
#include <chrono>
#include <csignal>
#include <ctime>
#include <iomanip>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/frame_sinks.h"
#include "tests/support/generator.h"
#include "tests/support/kafka_testing.h"
#include "tests/support/topic_printer.h"

namespace headcount::test {
namespace {

namespace po = boost::program_options;
using Clock = std::chrono::steady_clock;

constexpr double kDefaultLiveRate = 1000;
// A topic made here takes too-large frames too; Kafka's own limit lies just below ours.
constexpr char kLimit[] = "max.message.bytes";
constexpr char kRoomyLimit[] = "4194304";
constexpr std::chrono::milliseconds kLongestSleep{20};  // so that a signal is seen soon

volatile std::sig_atomic_t stop_requested = 0;

void StopOnSignals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_requested = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

po::options_description Options() {
  const GeneratorOptions d;
  po::options_description frames("frames");
  frames.add_options()                                                                                             //
      ("frames", po::value<uint64_t>(), "how many (1000000; with --live until a signal)")                          //
      ("users", po::value<uint64_t>()->default_value(d.users), "how many users they come from")                    //
      ("partitions", po::value<int32_t>(), "over how many partitions (4, or those of the topic)")                  //
      ("seed", po::value<uint64_t>()->default_value(d.seed), "same seed and options, same frames")                 //
      ("size", po::value<size_t>()->default_value(d.frame_bytes), "their size in bytes, by and large")             //
      ("start", po::value<int64_t>()->default_value(d.start_s), "time of the first one, in unix seconds")          //
      ("minutes", po::value<int64_t>()->default_value(d.minutes), "the event time they are spread over")           //
      ("delay", po::value<int64_t>()->default_value(d.delay_s), "seconds a frame may be out of order")             //
      ("damage", po::value<std::string>()->default_value(""), "kinds of damage, KIND[:SHARE],... or all[:SHARE]")  //
      ("large-bytes", po::value<size_t>()->default_value(d.too_large_bytes), "size of a too-large frame")          //
      ("rate", po::value<double>()->default_value(0), "frames a second (0: as fast as it goes; --live: 1000)")     //
      ("live", "their time is now");
  po::options_description where("where to");
  where.add_options()                                                                                      //
      ("out", po::value<std::string>(), "files PREFIX-0.jsonl and so on, or - for stdout")                 //
      ("bootstrap-server,b", po::value<std::string>()->default_value("localhost:9092"), "a broker")        //
      ("topic", po::value<std::string>(), "the topic")                                                     //
      ("compression", po::value<std::string>()->default_value("none"), "none, gzip, snappy, lz4 or zstd")  //
      ("transactional", po::value<uint64_t>()->default_value(0),
       "frames a transaction; every fourth one is aborted and repeated")  //
      (",X", po::value<std::vector<std::string>>()->default_value({}, ""), "KEY=VALUE for librdkafka");
  po::options_description topics("topics");
  topics.add_options()                                                                      //
      ("create-topic", po::value<std::string>(), "make a topic of --topic-partitions")      //
      ("grow-topic", po::value<std::string>(), "give a topic --topic-partitions")           //
      ("delete-topic", po::value<std::string>(), "delete a topic")                          //
      ("topic-partitions", po::value<int32_t>()->default_value(1), "number of partitions")  //
      ("topic-config", po::value<std::vector<std::string>>()->default_value({}, ""),
       "KEY=VALUE of a new topic (max.message.bytes=4194304, for too-large frames)")              //
      ("if-exists", "deleting what is not there is no error")                                     //
      ("if-not-exists", "creating what is there is no error")                                     //
      ("print-topic", po::value<std::string>(), "print its committed values by key, one a line")  //
      ("table", "print them as a table of minutes");
  po::options_description all("usage: headcount-generate [OPTIONS] --out PREFIX | --topic T | a verb on topics");
  all.add(frames).add(where).add(topics).add_options()("help,h", "this text");
  return all;
}

KafkaConfig ParsePairs(const std::vector<std::string>& texts, const char* option) {
  KafkaConfig pairs;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError(std::string(option) + " wants KEY=VALUE, not '" + text + "'");
    }
    pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return pairs;
}

TestBroker BrokerOf(const po::variables_map& given) {
  return TestBroker(given["bootstrap-server"].as<std::string>(),
                    ParsePairs(given["-X"].as<std::vector<std::string>>(), "-X"));
}

bool HasTenDigits(int64_t ts) { return ts >= 1'000'000'000 && ts < 10'000'000'000; }

int32_t PartitionsOf(const po::variables_map& given) {
  if (given.count("partitions") != 0) return given["partitions"].as<int32_t>();
  if (given.count("topic") == 0) return GeneratorOptions{}.partitions;
  const auto topic = given["topic"].as<std::string>();
  const int32_t partitions = BrokerOf(given).PartitionCount(topic);
  if (partitions == 0) throw KafkaError("topic " + topic + ": there is no such topic");
  return partitions;
}

GeneratorOptions GeneratorOptionsOf(const po::variables_map& given) {
  GeneratorOptions out;
  if (given.count("frames") != 0) out.frames = given["frames"].as<uint64_t>();
  out.seed = given["seed"].as<uint64_t>();
  out.users = given["users"].as<uint64_t>();
  out.partitions = PartitionsOf(given);
  out.frame_bytes = given["size"].as<size_t>();
  out.start_s = given["start"].as<int64_t>();
  out.minutes = given["minutes"].as<int64_t>();
  out.delay_s = given["delay"].as<int64_t>();
  out.too_large_bytes = given["large-bytes"].as<size_t>();
  const auto damage = ParseDamage(given["damage"].as<std::string>());
  if (!damage) {
    std::string kinds;
    for (const char* name : kDamageNames) kinds += std::string(" ") + name;
    throw UsageError("--damage wants KIND[:SHARE],... with shares of 1 in sum at most; all, or of these:" + kinds);
  }
  out.damage = *damage;
  if (out.users == 0 || out.partitions < 1 || out.minutes < 1 || out.delay_s < 0) {
    throw UsageError("--users, --partitions and --minutes begin at 1, --delay at 0");
  }
  if (out.minutes > 10'000'000 || !HasTenDigits(out.start_s) || !HasTenDigits(out.start_s + out.minutes * 60)) {
    throw UsageError("--start, and --minutes later, must be unix seconds of ten digits");
  }
  return out;
}

std::unique_ptr<FrameSink> SinkOf(const po::variables_map& given, int32_t partitions) {
  if (given.count("out") != 0) return MakeFileSink(given["out"].as<std::string>(), partitions);
  KafkaSinkOptions options;
  options.topic = given["topic"].as<std::string>();
  options.compression = given["compression"].as<std::string>();
  options.transaction_frames = given["transactional"].as<uint64_t>();
  return MakeKafkaSink(BrokerOf(given), options);
}

// Waits until that frame is due; false: a signal came.
bool WaitForTurn(uint64_t frame, double rate, Clock::time_point begin, FrameSink* sink) {
  if (rate <= 0) return stop_requested == 0;
  const auto due = begin + std::chrono::duration_cast<Clock::duration>(
                               std::chrono::duration<double>(static_cast<double>(frame) / rate));
  while (stop_requested == 0) {
    const auto left = due - Clock::now();
    if (left <= Clock::duration::zero()) return true;
    sink->Flush();
    std::this_thread::sleep_for(std::min<Clock::duration>(left, kLongestSleep));
  }
  return false;
}

void Generate(const po::variables_map& given) {
  const GeneratorOptions options = GeneratorOptionsOf(given);
  const bool is_live = given.count("live") != 0;
  const bool is_endless = is_live && given.count("frames") == 0;
  double rate = given["rate"].as<double>();
  if (is_live && rate <= 0) rate = kDefaultLiveRate;
  FrameGenerator generator(options);
  const std::unique_ptr<FrameSink> sink = SinkOf(given, options.partitions);
  StopOnSignals();
  const auto begin = Clock::now();
  uint64_t frames = 0;
  uint64_t bytes = 0;
  while ((is_endless || frames < options.frames) && WaitForTurn(frames, rate, begin, sink.get())) {
    const GeneratedRecord record = is_live ? generator.NextAt(time(nullptr)) : generator.Next();
    sink->Put(record);
    ++frames;
    bytes += record.value.size();
  }
  sink->Finish();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::cerr << std::fixed << "frames=" << frames << " bytes=" << bytes << std::setprecision(2) << " seconds=" << seconds
            << std::setprecision(0) << " frames_per_s=" << static_cast<double>(frames) / seconds << "\n";
}

void CreateTopic(const po::variables_map& given, const TestBroker& broker) {
  const auto topic = given["create-topic"].as<std::string>();
  if (given.count("if-not-exists") != 0 && broker.PartitionCount(topic) > 0) return;
  KafkaConfig config = ParsePairs(given["topic-config"].as<std::vector<std::string>>(), "--topic-config");
  const bool is_limited =
      std::any_of(config.begin(), config.end(), [](const auto& pair) { return pair.first == kLimit; });
  if (!is_limited) config.emplace_back(kLimit, kRoomyLimit);
  broker.CreateTopic(topic, given["topic-partitions"].as<int32_t>(), config);
}

void DeleteTopic(const po::variables_map& given, const TestBroker& broker) {
  const auto topic = given["delete-topic"].as<std::string>();
  if (given.count("if-exists") != 0 && broker.PartitionCount(topic) == 0) return;
  broker.DeleteTopic(topic);
}

void PrintTopic(const po::variables_map& given, const TestBroker& broker) {
  std::vector<KafkaRecord> records = broker.ReadAll(given["print-topic"].as<std::string>());
  SortByMinute(&records);
  if (given.count("table") != 0) {
    PrintTable(records, std::cout);
  } else {
    PrintValues(records, std::cout);
  }
}

// In this order, so that one call can make a topic anew and fill it.
void Do(const po::variables_map& given) {
  const auto is_given = [&given](const char* option) { return given.count(option) != 0; };
  bool is_anything = false;
  for (const auto& [option, verb] :
       {std::pair{"delete-topic", &DeleteTopic}, std::pair{"create-topic", &CreateTopic}}) {
    if (!is_given(option)) continue;
    verb(given, BrokerOf(given));
    is_anything = true;
  }
  if (is_given("grow-topic")) {
    BrokerOf(given).GrowTopic(given["grow-topic"].as<std::string>(), given["topic-partitions"].as<int32_t>());
    is_anything = true;
  }
  if (is_given("out") && is_given("topic")) throw UsageError("--out or --topic, not both");
  if (is_given("out") || is_given("topic")) {
    Generate(given);
    is_anything = true;
  }
  if (is_given("print-topic")) {
    PrintTopic(given, BrokerOf(given));
    is_anything = true;
  }
  if (!is_anything) throw UsageError("nothing to do: --out, --topic or one of the verbs on topics is missing");
}

}  // namespace
}  // namespace headcount::test

int main(int argc, char** argv) {
  return headcount::test::RunCommand("headcount-generate", headcount::test::Options(), argc, argv, headcount::test::Do);
}
