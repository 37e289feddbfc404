// A client that the broker will never let in says what is wrong and what would be right, ends with 78, and knocks only
// a few times; one whose broker is merely not there may come again.
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <future>

#include "tests/support/counting_door.h"
#include "tests/support/secured_broker.h"

namespace headcount::test {
namespace {

// In all the life of a job: its writer has two clients, each of which knocks again within its first second, and asks
// once more in another protocol where that may be the trouble.
constexpr int kMostVisits = 10;

struct Refused {
  std::string name;
  std::string listener;
  std::string host;
  Arguments words;
  std::vector<std::string> told;
};

class SecuredErrors : public testing::Test {
 protected:
  Finished Run(const std::string& address, const Arguments& more) const {
    Arguments words = {"run", "-b", address, "--group", TestBroker::UniqueName("job"), "--workers", "2"};
    words.insert(words.end(), more.begin(), more.end());
    ChildOptions options;
    options.directory = dir_.path();
    return RunToEnd(std::string(HEADCOUNT_BINARY_DIR) + "/headcount", words, options);
  }
  void ExpectRefused(const Refused& refused) const {
    SCOPED_TRACE(refused.name);
    const CountingDoor door(broker_.Port(refused.listener));
    const Finished finished = Run(refused.host + ":" + door.port(), refused.words);
    EXPECT_EQ(Describe(finished.status), "exit 78") << finished.err;
    for (const std::string& part : refused.told) {
      EXPECT_NE(finished.err.find(part), std::string::npos) << "no \"" << part << "\" in: " << finished.err;
    }
    for (const std::string secret : {"wrong secret", SecuredBroker::kPlainSecret, SecuredBroker::kScramSecret}) {
      EXPECT_EQ(finished.err.find(secret), std::string::npos) << finished.err;
    }
    EXPECT_GE(door.visits(), 1);
    EXPECT_LE(door.visits(), kMostVisits) << finished.err;
  }
  Arguments With(Arguments words, const Arguments& more) const {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  const SecuredBroker broker_ = SecuredBroker::FromEnvironment();
  const TempDir dir_;
};

TEST_F(SecuredErrors, CredentialsThatAreWrongAreNamed) {
  ExpectRefused({"password",
                 "PASSWORD",
                 "localhost",
                 broker_.ByPlain("wrong secret"),
                 {"Invalid username or password", "sasl.password"}});
  ExpectRefused({"user",
                 "PASSWORD",
                 "localhost",
                 With(broker_.ByPlain(), {"-X", "sasl.username=nobody"}),
                 {"Invalid username or password", "sasl.username"}});
  ExpectRefused({"SCRAM",
                 "PASSWORD",
                 "localhost",
                 broker_.ByScram("SCRAM-SHA-512", "wrong secret"),
                 {"invalid credentials with SASL mechanism SCRAM-SHA-512", "sasl.password"}});
}

TEST_F(SecuredErrors, ACertificateOfTheBrokerThatDoesNotFitIsNamedWithTheReason) {
  ExpectRefused({"CA",
                 "PASSWORD",
                 "localhost",
                 With(broker_.ByPlain(), {"-X", "ssl.ca.location=" + broker_.Tls("stranger.pem")}),
                 {"its certificate is not accepted", "no CA that we know", "ssl.ca.location"}});
  ExpectRefused({"name", "PASSWORD", "127.0.0.1", broker_.ByPlain(), {"made out to another name"}});
  ExpectRefused({"expired", "EXPIRED", "localhost", broker_.ByPlain(), {"it has expired"}});
}

TEST_F(SecuredErrors, ACertificateOfOursThatIsMissingOrUnknownIsNamed) {
  const Arguments none = {"-X", "security.protocol=ssl", "-X", "ssl.ca.location=" + broker_.Tls("ca.pem")};
  ExpectRefused({"none", "MUTUAL", "localhost", none, {"wants a certificate", "ssl.certificate.location"}});
  const Arguments strange = {"-X", "ssl.certificate.location=" + broker_.Tls("stranger.pem"), "-X",
                             "ssl.key.location=" + broker_.Tls("stranger.key")};
  ExpectRefused({"unknown", "MUTUAL", "localhost", With(none, strange), {"wants a certificate that it knows"}});
}

TEST_F(SecuredErrors, AProtocolThatTheListenerDoesNotSpeakIsNamed) {
  ExpectRefused({"plaintext to TLS",
                 "PASSWORD",
                 "localhost",
                 {"-X", "broker.address.family=v4"},
                 {"it speaks TLS there, but security.protocol is plaintext"}});
  ExpectRefused({"TLS to plaintext", "PLAINTEXT", "localhost", broker_.ByPlain(), {"it does not speak TLS there"}});
  ExpectRefused({"no password",
                 "PASSWORD",
                 "localhost",
                 {"-X", "security.protocol=ssl", "-X", "ssl.ca.location=" + broker_.Tls("ca.pem")},
                 {"it wants user and password there, but security.protocol is ssl"}});
}

// The broker calls a right password wrong.
TEST_F(SecuredErrors, WhereTheLibraryIsTooOldForScramWithThisKafkaItIsSaid) {
  if (rd_kafka_version() >= 0x02060100) GTEST_SKIP() << "librdkafka " << rd_kafka_version_str() << " gets in";
  ExpectRefused({"old",
                 "PASSWORD",
                 "localhost",
                 broker_.ByScram("SCRAM-SHA-256"),
                 {"gets in by SCRAM only where Kafka is older than 4.0", "PLAIN over TLS"}});
}

TEST_F(SecuredErrors, TheCheckOfAConfigurationAndTailSayTheSame) {
  const std::string program = std::string(HEADCOUNT_BINARY_DIR) + "/headcount";
  for (const Arguments& command : {Arguments{"run", "--check-config", "--ready"}, Arguments{"tail"}}) {
    const Finished finished =
        RunToEnd(program, With(With(command, {"-b", broker_.Address("PASSWORD")}), broker_.ByPlain("wrong secret")));
    EXPECT_EQ(Describe(finished.status), "exit 78") << finished.err;
    EXPECT_NE(finished.err.find("Invalid username or password"), std::string::npos) << finished.err;
  }
}

// A balancer or a forwarded port opens and hangs up where the broker behind it does not run yet: nobody's mistake.
TEST_F(SecuredErrors, ADoorBehindWhichNoBrokerIsYetIsToBeTriedAgain) {
  const CountingDoor nobody("1");
  const std::string address = "localhost:" + nobody.port();
  auto plaintext = std::async(std::launch::async, [&] { return Run(address, {"-X", "broker.address.family=v4"}); });
  const Finished tls = Run(address, broker_.ByPlain());
  EXPECT_EQ(Describe(tls.status), "exit 69") << tls.err;
  const Finished other = plaintext.get();
  EXPECT_EQ(Describe(other.status), "exit 69") << other.err;
}

}  // namespace
}  // namespace headcount::test
