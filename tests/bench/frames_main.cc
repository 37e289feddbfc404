// bench_frames: makes the frames of one measurement, in files or in a topic, as fast as a broker takes them, and prints
// one line of JSON: what it made, and the right answer for every minute. Runs in scripts/bench.sh.

#include <boost/program_options.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/bench/frame_maker.h"
#include "tests/support/frame_sinks.h"
#include "tests/support/kafka_testing.h"

namespace headcount::bench {
namespace {

namespace po = boost::program_options;

constexpr int kUsage = 64;
constexpr uint64_t kMaxMinutes = 1'000'000;  // keeps ts at ten digits
// So that batches are about as large with 64 partitions as with one: what is compared is the reader.
constexpr int kLingerMs = 100;

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

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
    throw UsageError("--users, --minutes (up to a million) and --partitions begin at 1");
  }
  return plan;
}

std::unique_ptr<test::FrameSink> SinkOf(const po::variables_map& given, int32_t partitions) {
  const bool is_file = given.count("out") != 0;
  if (is_file == (given.count("topic") != 0)) throw UsageError("either --out or --topic is needed");
  if (is_file) return test::MakeFileSink(given["out"].as<std::string>(), partitions);
  if (given.count("bootstrap-server") == 0) throw UsageError("--topic wants --bootstrap-server too");
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

int Main(int argc, char** argv) {
  try {
    const po::options_description options = Options();
    po::variables_map given;
    po::store(po::command_line_parser(argc, argv).options(options).positional({}).run(), given);
    po::notify(given);
    if (given.count("help") != 0) {
      std::cout << options;
      return 0;
    }
    Generate(given);
    return 0;
  } catch (const po::error& e) {
    std::cerr << "bench_frames: " << e.what() << "\n";
    return kUsage;
  } catch (const UsageError& e) {
    std::cerr << "bench_frames: " << e.what() << "\n";
    return kUsage;
  } catch (const std::exception& e) {
    std::cerr << "bench_frames: " << e.what() << "\n";
    return 1;
  }
}

}  // namespace
}  // namespace headcount::bench

int main(int argc, char** argv) { return headcount::bench::Main(argc, argv); }
