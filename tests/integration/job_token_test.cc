// A client that logs in by OIDC asks a token endpoint first. One that is away is no mistake of anybody: the job may be
// started again. One that knows who asks, and refuses, is.
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <future>
#include <string>
#include <thread>

#include "tests/support/job_testing.h"
#include "tests/support/tcp_client.h"

namespace headcount::test {
namespace {

// Answers each request with the same words, as a thread of the test.
class TokenEndpoint {
 public:
  explicit TokenEndpoint(std::string answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no listener");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~TokenEndpoint() {
    shutdown(listener_, SHUT_RDWR);  // ends accept
    thread_.join();
    close(listener_);
  }
  TokenEndpoint(const TokenEndpoint&) = delete;
  TokenEndpoint& operator=(const TokenEndpoint&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/token"; }
  int asked() const { return asked_; }

 private:
  void Serve() {
    for (;;) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      ++asked_;
      std::array<char, 4096> request{};
      [[maybe_unused]] const ssize_t got = recv(client, request.data(), request.size(), 0);
      [[maybe_unused]] const ssize_t sent = send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      close(client);
    }
  }

  const std::string answer_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<int> asked_{0};
  std::thread thread_;
};

std::string HttpAnswer(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

class JobToken : public testing::Test {
 protected:
  void SetUp() override {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    const bool takes = rd_kafka_conf_set(conf, "sasl.oauthbearer.method", "oidc", nullptr, 0) == RD_KAFKA_CONF_OK;
    rd_kafka_conf_destroy(conf);
    if (!takes) GTEST_SKIP() << "this librdkafka is built without OIDC";
  }

  Finished Run(Arguments words, const std::string& url) const {
    for (const std::string& property :
         {std::string("security.protocol=sasl_plaintext"), std::string("sasl.mechanism=OAUTHBEARER"),
          std::string("sasl.oauthbearer.method=oidc"), std::string("sasl.oauthbearer.client.id=me"),
          std::string("sasl.oauthbearer.client.secret=nobody may read this"),
          "sasl.oauthbearer.token.endpoint.url=" + url}) {
      words.insert(words.end(), {"-X", property});
    }
    words.insert(words.end(), {"-b", broker_.bootstrap_server(), "--group", TestBroker::UniqueName("job")});
    ChildOptions options;
    options.directory = dir_.path();
    return RunToEnd(std::string(HEADCOUNT_BINARY_DIR) + "/headcount", words, options);
  }
  static void ExpectSays(const Finished& finished, const std::string& status, const std::vector<std::string>& parts) {
    EXPECT_EQ(Describe(finished.status), status) << finished.err;
    for (const std::string& part : parts) {
      EXPECT_NE(finished.err.find(part), std::string::npos) << "no \"" << part << "\" in: " << finished.err;
    }
    EXPECT_EQ(finished.err.find("sasl.password"), std::string::npos) << finished.err;
    EXPECT_EQ(finished.err.find("nobody may read this"), std::string::npos) << finished.err;
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
  const TempDir dir_;
};

TEST_F(JobToken, AnEndpointThatIsAwayIsToBeTriedAgain) {
  const std::string nobody = "http://127.0.0.1:" + std::to_string(FreePort()) + "/token";
  const TokenEndpoint busy(HttpAnswer("503 Service Unavailable", "try later"));
  auto check = std::async(std::launch::async, [&] { return Run({"run", "--check-config", "--ready"}, nobody); });
  auto broken = std::async(std::launch::async, [&] { return Run({"run", "--check-config", "--ready"}, busy.url()); });
  ExpectSays(Run({"run", "--workers", "1"}, nobody), "exit 69",
             {"no token", "is the token endpoint there", "sasl.oauthbearer.token.endpoint.url"});
  ExpectSays(check.get(), "exit 69", {"no token", "is the token endpoint there"});
  ExpectSays(broken.get(), "exit 69", {"no token", "is the token endpoint there"});
}

TEST_F(JobToken, AnEndpointThatRefusesWhoAsksNeedsAHuman) {
  const TokenEndpoint strict(HttpAnswer("401 Unauthorized", R"({"error":"invalid_client"})"));
  ExpectSays(Run({"run", "--check-config", "--ready"}, strict.url()), "exit 78",
             {"invalid_client", "sasl.oauthbearer.client.secret"});
  EXPECT_GE(strict.asked(), 1);
}

}  // namespace
}  // namespace headcount::test
