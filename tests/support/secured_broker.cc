#include "tests/support/secured_broker.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <sstream>
#include <stdexcept>

namespace headcount::test {
namespace {

constexpr char kPrincipal[] = "User:counter";

// --- Kafka's protocol, as far as it is about rights: librdkafka 2.0.2 knows none on transactional ids --------------

// Numbers of the protocol: https://kafka.apache.org/protocol
constexpr int16_t kDescribeAcls = 29;
constexpr int16_t kCreateAcls = 30;
constexpr int16_t kDeleteAcls = 31;
constexpr int16_t kVersion = 1;
constexpr int8_t kLiteral = 3;
constexpr int8_t kAllow = 3;
const std::map<std::string, int8_t> kOperations = {{"Read", 3}, {"Write", 4}, {"Describe", 8}};
const std::map<std::string, int8_t> kResources = {{"Topic", 2}, {"Group", 3}, {"TransactionalId", 5}};

std::string NameOf(const std::map<std::string, int8_t>& names, int8_t number) {
  for (const auto& [name, of_name] : names) {
    if (of_name == number) return name;
  }
  return std::to_string(number);
}

class Bytes {
 public:
  template <typename Number>
  Bytes& Put(Number number) {
    for (int shift = static_cast<int>(sizeof number) * 8 - 8; shift >= 0; shift -= 8) {
      text_ += static_cast<char>((number >> shift) & 0xff);
    }
    return *this;
  }
  Bytes& Put(const std::string& text) {
    Put(static_cast<int16_t>(text.size()));
    text_ += text;
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class Reader {
 public:
  explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {}

  template <typename Number>
  Number Take() {
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof(Number); ++i) number = number << 8 | static_cast<uint8_t>(bytes_.at(at_++));
    return static_cast<Number>(number);
  }
  std::string TakeText() {
    const auto size = Take<int16_t>();
    if (size < 0) return "";
    at_ += static_cast<size_t>(size);
    return bytes_.substr(at_ - static_cast<size_t>(size), static_cast<size_t>(size));
  }

 private:
  const std::string bytes_;
  size_t at_ = 0;
};

void Receive(int fd, char* bytes, size_t size) {
  for (size_t got = 0; got < size;) {
    const ssize_t now = recv(fd, bytes + got, size - got, 0);
    if (now <= 0) throw KafkaError("asking about rights: the broker hung up");
    got += static_cast<size_t>(now);
  }
}

// One request and the body of its answer.
Reader Ask(const TestBroker& broker, int16_t api, const Bytes& body) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const std::string& where = broker.bootstrap_server();
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(where.substr(where.rfind(':') + 1))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const std::unique_ptr<const int, void (*)(const int*)> closer(&fd, [](const int* open) { close(*open); });
  Bytes request;
  request.Put(api).Put(kVersion).Put(int32_t{1}).Put(std::string("tests"));
  const std::string rest = request.text() + body.text();
  const std::string all = Bytes().Put(static_cast<int32_t>(rest.size())).text() + rest;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      send(fd, all.data(), all.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(all.size())) {
    throw KafkaError("asking about rights: no connection to " + where);
  }
  std::string size(4, '\0');
  Receive(fd, size.data(), size.size());
  std::string answer(Reader(size).Take<uint32_t>(), '\0');
  Receive(fd, answer.data(), answer.size());
  Reader reader(answer);
  reader.Take<int32_t>();  // which request
  reader.Take<int32_t>();  // throttled for
  return reader;
}

void Check(int16_t error, const std::string& attempt) {
  if (error != 0) throw KafkaError(attempt + ": the broker says " + std::to_string(error));
}

}  // namespace

// --- The broker -------------------------------------------------------------------------------------------------

SecuredBroker SecuredBroker::FromEnvironment() {
  const char* const directory = std::getenv("HEADCOUNT_TEST_SECURED_DIR");  // NOLINT(concurrency-mt-unsafe)
  if (directory == nullptr) {
    throw KafkaError("HEADCOUNT_TEST_SECURED_DIR names no folder of tests/support/secured_broker.sh");
  }
  return SecuredBroker(directory);
}

SecuredBroker::SecuredBroker(std::filesystem::path directory)
    : directory_(std::move(directory)), admin_("127.0.0.1:" + Port("PLAINTEXT")) {}

std::string SecuredBroker::Port(const std::string& listener) const {
  const std::string text = ReadFile(directory_ / "server.properties");
  // The last one counts: what was added stands behind what is ordinary.
  const size_t line = text.rfind("\nlisteners=");
  const std::string head = listener + "://127.0.0.1:";
  const size_t at = text.find(head, line);
  if (line == std::string::npos || at == std::string::npos) throw KafkaError("the broker has no listener " + listener);
  return std::to_string(std::stoi(text.substr(at + head.size())));
}

Arguments SecuredBroker::ByPassword(const std::string& mechanism, const std::string& password) const {
  return {
      "-X", "security.protocol=sasl_ssl",  "-X", "broker.address.family=v4", "-X", "ssl.ca.location=" + Tls("ca.pem"),
      "-X", "sasl.mechanism=" + mechanism, "-X", "sasl.username=counter",    "-X", "sasl.password=" + password};
}

Arguments SecuredBroker::ByPlain(const std::string& password) const { return ByPassword("PLAIN", password); }

Arguments SecuredBroker::ByScram(const std::string& mechanism, const std::string& password) const {
  return ByPassword(mechanism, password);
}

Arguments SecuredBroker::ByCertificate() const {
  return {"-X", "security.protocol=ssl",
          "-X", "broker.address.family=v4",
          "-X", "ssl.ca.location=" + Tls("ca.pem"),
          "-X", "ssl.certificate.location=" + Tls("counter.pem"),
          "-X", "ssl.key.location=" + Tls("counter.key")};
}

// --- Rights -----------------------------------------------------------------------------------------------------

void SecuredBroker::Allow(const std::vector<Acl>& rights) const {
  Bytes body;
  body.Put(static_cast<int32_t>(rights.size()));
  for (const Acl& right : rights) {
    body.Put(kResources.at(right.resource)).Put(right.name).Put(kLiteral).Put(std::string(kPrincipal));
    body.Put(std::string("*")).Put(kOperations.at(right.operation)).Put(kAllow);
  }
  Reader answer = Ask(admin_, kCreateAcls, body);
  for (int32_t left = answer.Take<int32_t>(); left > 0; --left) {
    Check(answer.Take<int16_t>(), "giving rights");
    answer.TakeText();
  }
  for (const Acl& right : rights) {
    const bool there = Eventually([&] {
      const std::vector<Acl> now = RightsOn({right.name});
      return std::find(now.begin(), now.end(), right) != now.end();
    });
    if (!there) throw KafkaError("the broker never gave " + right.Text());
  }
}

void SecuredBroker::Forbid(const Acl& right) const {
  Bytes body;
  body.Put(int32_t{1}).Put(kResources.at(right.resource)).Put(right.name).Put(kLiteral).Put(std::string(kPrincipal));
  body.Put(std::string("*")).Put(kOperations.at(right.operation)).Put(kAllow);
  Reader answer = Ask(admin_, kDeleteAcls, body);
  if (answer.Take<int32_t>() != 1) throw KafkaError("taking a right away: no answer to the question");
  Check(answer.Take<int16_t>(), "taking " + right.Text() + " away");
  const bool gone = Eventually([&] {
    const std::vector<Acl> now = RightsOn({right.name});
    return std::find(now.begin(), now.end(), right) == now.end();
  });
  if (!gone) throw KafkaError("the broker never took away " + right.Text());
}

std::vector<Acl> SecuredBroker::RightsOn(const std::vector<std::string>& names) const {
  constexpr int8_t kAny = 1;
  Bytes body;
  body.Put(kAny).Put(int16_t{-1}).Put(kAny).Put(std::string(kPrincipal)).Put(int16_t{-1}).Put(kAny).Put(kAny);
  Reader answer = Ask(admin_, kDescribeAcls, body);
  Check(answer.Take<int16_t>(), "asking for rights");
  answer.TakeText();
  std::vector<Acl> rights;
  for (int32_t resources = answer.Take<int32_t>(); resources > 0; --resources) {
    const std::string resource = NameOf(kResources, answer.Take<int8_t>());
    const std::string name = answer.TakeText();
    answer.Take<int8_t>();
    for (int32_t left = answer.Take<int32_t>(); left > 0; --left) {
      answer.TakeText();
      answer.TakeText();
      const std::string operation = NameOf(kOperations, answer.Take<int8_t>());
      answer.Take<int8_t>();
      if (std::find(names.begin(), names.end(), name) != names.end()) rights.push_back({operation, resource, name});
    }
  }
  std::sort(rights.begin(), rights.end());
  return rights;
}

std::vector<Acl> RightsOfRun(const Job& job) {
  return {{"Read", "Topic", job.input()},
          {"Write", "Topic", job.output()},
          {"Read", "Group", job.group()},
          {"Write", "TransactionalId", "headcount-" + job.group()}};
}

Acl RightAfterAReset(const Job& job) { return {"Read", "Topic", job.output()}; }

}  // namespace headcount::test
