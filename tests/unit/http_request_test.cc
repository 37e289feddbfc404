// Requests and answers of --metrics-listen, without a socket.
#include "coordinator/metrics/http_request.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/limits.h"
#include "tests/support/random.h"

namespace headcount {
namespace {

using State = HttpRequest::State;

const std::string kHost = "Host: a\r\n";

int RefusedWith(const std::string& bytes) {
  const HttpRequest request = ParseHttpRequest(bytes);
  EXPECT_EQ(request.state, State::kRefused) << bytes;
  return request.status;
}

std::string PathIn(const std::string& bytes) {
  const HttpRequest request = ParseHttpRequest(bytes);
  EXPECT_EQ(request.state, State::kWhole) << bytes;
  return request.path;
}

HttpPages Pages() {
  return {std::make_shared<const std::string>("a_metric 1\n"), {true, "alive: running"}, {false, "not ready: why"}};
}

std::string Answered(const std::string& bytes) {
  const HttpAnswer answer = AnswerTo(ParseHttpRequest(bytes), Pages());
  return answer.head + (answer.body != nullptr ? *answer.body : "");
}

bool Begins(const std::string& text, const std::string& begin) { return text.rfind(begin, 0) == 0; }

// --- Requests ------------------------------------------------------------------------------------------------

TEST(HttpRequest, IsTakenWithAnyLineEndsFieldsAndQueries) {
  EXPECT_EQ(PathIn("GET /metrics HTTP/1.1\r\n" + kHost + "\r\n"), "/metrics");
  EXPECT_EQ(PathIn("GET /metrics HTTP/1.1\nHost: a\n\n"), "/metrics");
  EXPECT_EQ(PathIn("\r\nGET /metrics?name[]=x HTTP/1.1\r\nhOsT:a\r\nAccept: */*\r\n\r\n"), "/metrics");
  EXPECT_EQ(PathIn("GET http://a:1/-/ready?x HTTP/1.1\r\n" + kHost + "\r\n"), "/-/ready");
  EXPECT_EQ(PathIn("GET http://a HTTP/1.1\r\n" + kHost + "\r\n"), "/");
  EXPECT_EQ(PathIn("GET / HTTP/1.0\r\n\r\n"), "/") << "a host came with 1.1";
  EXPECT_EQ(PathIn("GET /x HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\n\r\nhello"), "/x");
}

TEST(HttpRequest, IsUnfinishedUpToItsLastByteAndWholeWithIt) {
  const std::string whole = "GET /metrics HTTP/1.1\r\nHost: a\r\nUser-Agent: b\r\n\r\n";
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_EQ(ParseHttpRequest(whole.substr(0, bytes)).state, State::kUnfinished) << bytes;
  }
  EXPECT_EQ(ParseHttpRequest(whole).state, State::kWhole);
}

TEST(HttpRequest, OfNoHttpIsRefusedAtOnce) {
  for (const std::string& bytes : std::vector<std::string>{
           std::string("\x16\x03\x01", 3),  // TLS
           std::string(1, '\0'), "{\"a\":1}", "GET\r\n", "GET /\r\n", "GET  HTTP/1.1\r\n", "GET / a HTTP/1.1\r\n",
           "GE(T / HTTP/1.1\r\n", "GET / HTTP/1\r\n", "GET / FTP/1.1\r\n", "GET /\x01 HTTP/1.1\r\n",
           "GET / HTTP/1.1\r\nHost : a\r\n", "GET / HTTP/1.1\r\n Host: a\r\n", "GET / HTTP/1.1\r\nHost\r\n",
           "GET / HTTP/1.1\r\nHost: a\x01\r\n", "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"}) {
    EXPECT_EQ(RefusedWith(bytes), 400) << bytes;
  }
  EXPECT_EQ(RefusedWith("GET / HTTP/2.0\r\n"), 505);
}

TEST(HttpRequest, LongerThanAllowedIsRefusedHoweverItGoesOn) {
  const auto filled = [](const std::string& begin) {
    return begin + std::string(limits::kHttpRequestBytes - begin.size(), 'a');
  };
  EXPECT_EQ(RefusedWith(filled("GET /")), 431);
  EXPECT_EQ(RefusedWith(filled("GET / HTTP/1.1\r\n")), 431);
  EXPECT_EQ(RefusedWith(std::string(limits::kHttpRequestBytes, '\n')), 431);
  EXPECT_EQ(PathIn("GET / HTTP/1.1\r\n" + kHost + "\r\n" + std::string(7'000, 'x')), "/") << "what follows is no head";
}

TEST(HttpRequest, OfRandomBytesIsNeverWholeAndNeverReadBeyondItsEnd) {
  const uint64_t seed = 41;
  SCOPED_TRACE(seed);
  test::Random random(seed);
  const std::string letters("GET /metrics HTTP/1.1\r\n:\0\x80 ", 27);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (uint64_t n = random.Below(60); n > 0; --n) text += letters[random.Below(letters.size())];
    const std::vector<char> bytes(text.begin(), text.end());  // of its own size, for the address sanitizer
    EXPECT_NE(ParseHttpRequest({bytes.data(), bytes.size()}).state, State::kWhole) << text;
  }
}

// --- Answers -------------------------------------------------------------------------------------------------

TEST(HttpAnswer, ToAScrapeIsTheTextWithItsTypeAndLength) {
  EXPECT_EQ(Answered("GET /metrics HTTP/1.1\r\n" + kHost + "\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: 11\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\na_metric 1\n");
}

TEST(HttpAnswer, ToHeadIsTheSameWithoutABody) {
  const std::string get = Answered("GET /metrics HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_EQ(Answered("HEAD /metrics HTTP/1.1\r\n" + kHost + "\r\n"), get.substr(0, get.find("\r\n\r\n") + 4));
}

TEST(HttpAnswer, ToAProbeIsTheJudgementOfHealth) {
  const std::string healthy = Answered("GET /-/healthy HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_TRUE(Begins(healthy, "HTTP/1.1 200 OK\r\n") && healthy.find("\r\n\r\nalive: running\n") != std::string::npos);
  const std::string ready = Answered("GET /-/ready HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_TRUE(Begins(ready, "HTTP/1.1 503 ") && ready.find("\r\n\r\nnot ready: why\n") != std::string::npos) << ready;
}

TEST(HttpAnswer, ToWhatIsNotThereOrNotDoneHereSaysSo) {
  EXPECT_TRUE(Begins(Answered("GET / HTTP/1.1\r\n" + kHost + "\r\n"), "HTTP/1.1 404 Not Found\r\n"));
  EXPECT_TRUE(Begins(Answered("POST /x HTTP/1.1\r\n" + kHost + "\r\n"), "HTTP/1.1 404 Not Found\r\n"));
  const std::string post = Answered("POST /metrics HTTP/1.1\r\n" + kHost + "\r\n");
  EXPECT_TRUE(Begins(post, "HTTP/1.1 405 Method Not Allowed\r\n")) << post;
  EXPECT_NE(post.find("\r\nAllow: GET, HEAD\r\n"), std::string::npos) << post;
  EXPECT_TRUE(Begins(Answered("nothing\r\n"), "HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_TRUE(Begins(AnswerOf(408).head, "HTTP/1.1 408 Request Timeout\r\n"));
}

TEST(HttpAnswer, BeforeAnythingIsMeasuredIsThatItIsUnavailable) {
  const HttpRequest request = ParseHttpRequest("GET /metrics HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(Begins(AnswerTo(request, {}).head, "HTTP/1.1 503 Service Unavailable\r\n"));
}

}  // namespace
}  // namespace headcount
