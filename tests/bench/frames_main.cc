// bench_frames: makes the frames of one measurement, in files or in a topic, as fast as a broker takes them, and prints
// one line of JSON: what it made, and the right answer for every minute. Runs in scripts/bench.sh.

#include <boost/program_options.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "tests/bench/frame_maker.h"
#include "tests/support/command.h"
#include "tests/support/frame_sinks.h"
#include "tests/support/kafka_testing.h"

namespace headcount::bench {
namespace {

namespace po = boost::program_options;

constexpr uint64_t kMaxMinutes = 1'000'000;  // keeps ts at ten digits
// So that batches are about as large with 64 partitions as with one: what is compared is the reader.
constexpr int kLingerMs = 100;

po::options_description Options() {
  const FramePlan d;
  po::options_description all("usage: bench_frames [OPTIONS] --out PREFIX | -b HOST:PORT --topic TOPIC");
  all.add_options()                                                                                            //
      ("frames", po::value<uint64_t>()->default_value(d.frames), "how many")                                   //
      ("size", po::value<size_t>()->default_value(d.frame_bytes), "their size in bytes, in the mean")          //
      ("users", po::value<uint64_t>()->default_value(d.users), "distinct users a minute")                      //
      ("minutes", po::value<uint64_t>()->default_value(d.minutes), "the event time they are spread over")      //
      ("partitions", po::value<int32_t>()->default_value(d.partitions), "over how many partitions, or files")  //
      ("seed", po::value<uint64_t>()->default_value(d.seed), "same seed and options, same frames")             //
      ("out", po::value<std::string>(), "files PREFIX-0.jsonl and so on")                                      //
      ("bootstrap-server,b", po::value<std::string>(), "a broker")                                             //
      ("topic", po::value<std::string>(), "the topic, which has that many partitions")                         //
      ("codec", po::value<std::string>()->default_value("none"), "none, gzip, snappy, lz4 or zstd")            //
      ("help,h", "this text");
  return all;
}

FramePlan PlanOf(const po::variables_map& given) {
  FramePlan plan;
  plan.frames = given["frames"].as<uint64_t>();
  plan.frame_bytes = given["size"].as<size_t>();
  plan.users = given["users"].as<uint64_t>();
  plan.minutes = given["minutes"].as<uint64_t>();
  plan.partitions = given["partitions"].as<int32_t>();
  plan.seed = given["seed"].as<uint64_t>();
  if (plan.users == 0 || plan.minutes == 0 || plan.minutes > kMaxMinutes || plan.partitions < 1) {
    throw test::UsageError("--users, --minutes (up to a million) and --partitions begin at 1");
  }
  return plan;
}

std::unique_ptr<test::FrameSink> SinkOf(const po::variables_map& given, int32_t partitions) {
  const bool is_file = given.count("out") != 0;
  if (is_file == (given.count("topic") != 0)) throw test::UsageError("either --out or --topic is needed");
  if (is_file) return test::MakeFileSink(given["out"].as<std::string>(), partitions);
  if (given.count("bootstrap-server") == 0) throw test::UsageError("--topic wants --bootstrap-server too");
  test::KafkaSinkOptions options;
  options.topic = given["topic"].as<std::string>();
  options.compression = given["codec"].as<std::string>();
  options.linger_ms = kLingerMs;
  return test::MakeKafkaSink(test::TestBroker(given["bootstrap-server"].as<std::string>()), options);
}

void Generate(const po::variables_map& given) {
  const FramePlan plan = PlanOf(given);
  const std::unique_ptr<test::FrameSink> sink = SinkOf(given, plan.partitions);
  FrameStream stream(plan);
  const auto begin = std::chrono::steady_clock::now();
  uint64_t bytes = 0;
  while (!stream.Done()) {
    const FrameStream::Frame frame = stream.Next();
    test::GeneratedRecord record;
    record.partition = frame.partition;
    record.value = frame.bytes;
    sink->Put(record);
    bytes += frame.bytes.size();
  }
  sink->Finish();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  std::cout << "{\"frames\":" << plan.frames << ",\"bytes\":" << bytes << ",\"seconds\":" << seconds
            << ",\"minutes\":[";
  const char* comma = "";
  for (const FrameStream::Minute& minute : stream.ExpectedMinutes()) {
    std::cout << comma << "{\"window_start\":" << minute.start << ",\"unique_users\":" << minute.unique_users
              << ",\"events\":" << minute.events << "}";
    comma = ",";
  }
  std::cout << "]}" << std::endl;
}

}  // namespace
}  // namespace headcount::bench

int main(int argc, char** argv) {
  return headcount::test::RunCommand("bench_frames", headcount::bench::Options(), argc, argv,
                                     headcount::bench::Generate);
}
