// The server of --metrics-listen with clients of every kind. Its clock is the test's, and no call of Serve() may wait:
// a test that hangs here is a coordinator that no longer looks after its children.
#include "coordinator/metrics/http_server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "common/base/limits.h"
#include "tests/support/child_process.h"
#include "tests/support/random.h"
#include "tests/support/tcp_client.h"

namespace headcount::test {
namespace {

const std::string kScrape = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kPage = "a_metric 1\n";

size_t OpenDescriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

// Of a TCP connection on this host.
size_t MostSendBufferBytes() {
  std::ifstream file("/proc/sys/net/ipv4/tcp_wmem");
  size_t least = 0;
  size_t usual = 0;
  size_t most = 0;
  if (!(file >> least >> usual >> most)) throw std::runtime_error("this host says nothing of its send buffers");
  return most;
}

// For as long as it lives this process gets no further descriptor.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = dup(STDIN_FILENO);
    close(lowest_free);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest_free);
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoMoreDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit before_{};
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    AllowManyDescriptors();
    Result<HttpServer> made = HttpServer::Listen({"127.0.0.1", 0});
    if (!made) throw std::runtime_error(made.error().message);
    server_ = std::make_unique<HttpServer>(std::move(*made));
    pages_.metrics = std::make_shared<const std::string>(kPage);
  }

  uint16_t port() const { return server_->address().port; }
  void Pass(int64_t passed_ms) { now_ms_ += passed_ms; }
  // One round. Time moves only as far as the server rests after having had something to do: so however long the real
  // delivery of a byte takes on a busy host, nobody's time runs out over it.
  void Serve() {
    if (server_->WaitFd(now_ms_) == -1) Pass(server_->WaitMs(now_ms_, limits::kHttpPauseMs));
    server_->Serve(pages_, now_ms_);
    EXPECT_LE(server_->connections(), limits::kHttpConnections);
  }
  // What the client gets while the server does its rounds.
  std::string Answer(TcpClient* client) {
    EXPECT_TRUE(Eventually([&] {
      Serve();
      return client->ReadToEnd(std::chrono::milliseconds(2)).has_value();
    })) << "no end of: "
        << client->Received();
    return client->Received();
  }
  int StatusOf(TcpClient* client) { return ReadHttpAnswer(Answer(client)).status; }
  int HelpOrVersion(const std::string& request) {
    TcpClient client(port());
    client.Send(request);
    return StatusOf(&client);
  }
  // Everybody has gone.
  void ExpectNobodyLeft() {
    EXPECT_TRUE(Eventually([this] {
      Pass(limits::kHttpAnswerMs);
      Serve();
      return server_->connections() == 0;
    }));
  }

  std::unique_ptr<HttpServer> server_;
  HttpPages pages_;
  int64_t now_ms_ = 1'000'000;
};

TEST_F(HttpServerTest, AnswersOneRequestAConnectionAndClosesIt) {
  TcpClient client(port());
  client.Send(kScrape);
  const HttpAnswerText answer = ReadHttpAnswer(Answer(&client));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, kPage);
  EXPECT_EQ(HelpOrVersion("POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
  ExpectNobodyLeft();
}

TEST_F(HttpServerTest, ARequestMayComeByteByByte) {
  TcpClient client(port());
  for (const char c : kScrape) {
    client.Send(std::string(1, c));
    Serve();
  }
  EXPECT_EQ(StatusOf(&client), 200);
}

TEST_F(HttpServerTest, WhoDoesNotFinishHisRequestInTimeIsToldSoAndOthersAreServedMeanwhile) {
  TcpClient slow(port());
  slow.Send(kScrape.substr(0, 20));
  Serve();
  ASSERT_TRUE(Eventually([this] { return Serve(), server_->connections() == 1; }));
  Pass(limits::kHttpRequestMs / 2);
  EXPECT_EQ(HelpOrVersion(kScrape), 200);
  EXPECT_EQ(slow.Received(), "");
  Pass(limits::kHttpRequestMs);
  EXPECT_EQ(StatusOf(&slow), 408);
}

TEST_F(HttpServerTest, WhoClosesHisSideStillGetsHisAnswer) {
  TcpClient whole(port());
  whole.Send(kScrape);
  whole.CloseWriting();
  EXPECT_EQ(StatusOf(&whole), 200);
  TcpClient half(port());
  half.Send(kScrape.substr(0, 20));
  half.CloseWriting();
  EXPECT_EQ(StatusOf(&half), 400);
  TcpClient silent(port());
  silent.CloseWriting();
  EXPECT_EQ(Answer(&silent), "");
  ExpectNobodyLeft();
}

// What it has sent is not read to its end, which would make the kernel throw the answer away if we just closed.
TEST_F(HttpServerTest, WhoSendsTooMuchStillHearsWhy) {
  TcpClient client(port());
  client.Send("GET /" + std::string(100'000, 'a'));
  EXPECT_EQ(StatusOf(&client), 431);
  ExpectNobodyLeft();
}

TEST_F(HttpServerTest, ALongAnswerGoesOutAsFastAsItIsTakenAndNotForEver) {
  // More than the kernel takes for who does not read.
  const auto page = std::make_shared<const std::string>(std::string(MostSendBufferBytes() + 4'000'000, 'x'));
  pages_.metrics = page;
  TcpClient reads_not(port(), 4'096);
  reads_not.Send(kScrape);
  {
    TcpClient reads(port());
    reads.Send(kScrape);
    EXPECT_EQ(ReadHttpAnswer(Answer(&reads)).body.size(), page->size());
  }
  pages_.metrics = std::make_shared<const std::string>(kPage);
  EXPECT_EQ(HelpOrVersion(kScrape), 200);
  EXPECT_GT(page.use_count(), 1) << "the old page is still being sent";
  ExpectNobodyLeft();
  EXPECT_EQ(page.use_count(), 1);
}

// Clients of every bad kind, more than there may be, all of them at once; and among them some who just want a page.
TEST_F(HttpServerTest, AThousandHostileClientsKeepNobodyOut) {
  const uint64_t seed = 1711;
  SCOPED_TRACE(seed);
  Random random(seed);
  const size_t before = OpenDescriptors();
  std::vector<std::unique_ptr<TcpClient>> hostile;
  for (int i = 0; i < 1'000; ++i) {
    hostile.push_back(std::make_unique<TcpClient>(port(), random.Chance(0.5) ? 4'096 : 0));
    TcpClient& client = *hostile.back();
    switch (random.Below(7)) {
      case 0: break;  // says nothing
      case 1: client.Send(kScrape.substr(0, random.Below(kScrape.size()))); break;
      case 2: client.Send(std::string(random.Below(20'000), static_cast<char>(random.Below(256)))); break;
      case 3: client.Send(kScrape.substr(0, 10)), client.CloseWriting(); break;
      case 4: client.Send(kScrape), client.CloseWriting(); break;
      case 5: client.Send(kScrape), client.Send(kScrape), client.Send(kScrape); break;
      case 6: client.Send(kScrape.substr(0, random.Below(kScrape.size()))), client.Reset(); break;
    }
    if (i % 20 == 0) Serve();
    if (i % 50 == 0) {
      EXPECT_EQ(HelpOrVersion(kScrape), 200) << "after " << i;
    }
  }
  EXPECT_EQ(HelpOrVersion(kScrape), 200);
  hostile.clear();
  ExpectNobodyLeft();
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST_F(HttpServerTest, WhoeverKeepsItBusyWakesTheLoopOnlyNowAndThen) {
  TcpClient client(port());
  client.Send("G");
  ASSERT_TRUE(Eventually([this] { return Serve(), server_->connections() == 1; }));
  client.Send("E");
  ASSERT_TRUE(Eventually([this] {
    Serve();
    return server_->WaitFd(now_ms_) == -1;
  }));
  EXPECT_EQ(server_->WaitMs(now_ms_, 100), limits::kHttpPauseMs);
  EXPECT_EQ(server_->WaitMs(now_ms_, 5), 5);
  Pass(limits::kHttpPauseMs);
  EXPECT_GE(server_->WaitFd(now_ms_), 0);
  EXPECT_EQ(server_->WaitMs(now_ms_, 100), 100);
}

TEST_F(HttpServerTest, AnAddressInUseNeedsAHumanAndIsFreeAgainAtOnce) {
  const ListenAddress address = server_->address();
  const Result<HttpServer> second = HttpServer::Listen(address);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(second.error().message.find("cannot listen on 127.0.0.1:" + std::to_string(address.port) +
                                        " (--metrics-listen): Address already in use: another program"),
            std::string::npos)
      << second.error().message;
  TcpClient client(port());
  client.Send(kScrape);
  Serve();
  server_.reset();
  EXPECT_TRUE(HttpServer::Listen(address).ok());
}

TEST_F(HttpServerTest, AnAddressOfAnotherHostNeedsAHuman) {
  const Result<HttpServer> server = HttpServer::Listen({"192.0.2.1", 9187});
  ASSERT_FALSE(server.ok());
  EXPECT_EQ(server.error().exit_code, ExitCode::kHumanNeeded);
}

TEST_F(HttpServerTest, AHostThatHasNoDescriptorLeftIsTriedAgain) {
  const NoMoreDescriptors none;
  const Result<HttpServer> server = HttpServer::Listen({"127.0.0.1", 0});
  ASSERT_FALSE(server.ok());
  EXPECT_EQ(server.error().exit_code, ExitCode::kTryAgain) << server.error().message;
}

}  // namespace
}  // namespace headcount::test
