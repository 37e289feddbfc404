#include "tests/support/peer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

namespace headcount::test {
namespace {

constexpr char kProgram[] = HEADCOUNT_BINARY_DIR "/headcount";
constexpr char kSupervisor[] = HEADCOUNT_SOURCE_DIR "/scripts/supervise.sh";
// A supervised one is asked to go, or its coordinator would be left: longer than a drain may take.
constexpr std::chrono::seconds kFarewell{15};

// "localhost" with some letters written large: names are compared without regard to case, locks are not.
std::string AddressAsTypedOn(int host, const std::string& address) {
  if (host == 0) return address;
  std::string name = "localhost";
  for (size_t i = 0; i < name.size(); ++i) {
    if (((host - 1) >> i & 1) != 0) name[i] = static_cast<char>(name[i] - 'a' + 'A');
  }
  return name + address.substr(address.find(':'));
}

std::string StatusFileOf(int host) { return "status-of-host-" + std::to_string(host) + ".json"; }

}  // namespace

Peer::Peer(const Job& job, int host, Under under, const Environment& environment)
    : under_(under), status_file_(job.File(StatusFileOf(host))) {
  Arguments words = job.WordsOfAnother(StatusFileOf(host));
  std::string& address = *std::find(words.begin(), words.end(), job.broker().bootstrap_server());
  address = AddressAsTypedOn(host, address);
  ChildOptions options;
  options.environment = environment;
  options.environment.emplace_back("HEADCOUNT_BIN", kProgram);
  if (under == Under::kNobody) {
    process_ = std::make_unique<ChildProcess>(kProgram, words, options);
  } else {
    words.front() = kSupervisor;  // in place of `run`
    process_ = std::make_unique<ChildProcess>("bash", words, options);
  }
}

Peer::~Peer() {
  if (under_ == Under::kSupervisor && process_->IsRunning()) {
    process_->Signal(SIGTERM);
    process_->Wait(kFarewell);
  }
  process_->Kill();
  if (testing::Test::HasFailure()) std::cerr << "--- " << status_file_ << " printed\n" << process_->Err() << "---\n";
}

std::optional<ExitStatus> Peer::Drain() {
  process_->Signal(SIGTERM);
  return process_->Wait();
}

std::vector<pid_t> Peer::Family() const {
  std::vector<pid_t> family = DescendantsOf(process_->pid());
  family.insert(family.begin(), process_->pid());
  return family;
}

pid_t Peer::coordinator() const {
  if (under_ == Under::kNobody) return process_->pid();
  const std::vector<pid_t> children = ChildrenOf(process_->pid());
  return children.empty() ? 0 : children.front();
}

std::string Peer::Run() const {
  const std::string word = "claimed run=";
  const std::string printed = process_->Err();
  const size_t at = printed.rfind(word);
  if (at == std::string::npos) return "";
  return printed.substr(at + word.size(), printed.find(' ', at + word.size()) - at - word.size());
}

std::optional<JobStatus> Peer::Status() const {
  std::optional<JsonValue> root = ReadJson(ReadFile(status_file_));
  if (!root) return std::nullopt;
  return JobStatus(std::move(*root));
}

bool Peer::Shows(const std::function<bool(const JobStatus&)>& what, std::chrono::milliseconds timeout) const {
  return Eventually(
      [&] {
        const std::optional<JobStatus> status = Status();
        return status && what(*status);
      },
      timeout);
}

bool Peer::HasClosed(int64_t frontier_s, std::chrono::milliseconds timeout) const {
  return Shows([frontier_s](const JobStatus& s) { return s.ClosedUpto() >= frontier_s; }, timeout);
}

}  // namespace headcount::test
