// What of librdkafka's sentences means that a client is turned away for good. Each stands here as it was heard
// of 2.0.2; that the broker and the library still say it so, secured_errors_test.cc shows.
#include "common/kafka/auth_failure.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <string>
#include <vector>

namespace headcount::kafka {
namespace {

constexpr int kAuthentication = RD_KAFKA_RESP_ERR__AUTHENTICATION;
constexpr int kSsl = RD_KAFKA_RESP_ERR__SSL;
constexpr int kTransport = RD_KAFKA_RESP_ERR__TRANSPORT;

struct Case {
  int code;
  std::string reason;
  AuthFailure auth_failure;
};

TEST(AuthFailure, AClientIsTurnedAwayForGoodByWhatNoRetryMends) {
  const std::vector<Case> cases = {
      {kAuthentication,
       "sasl_ssl://h:9/bootstrap: SASL authentication error: Authentication failed: Invalid username or password "
       "(after "
       "301ms in state AUTH_REQ)",
       AuthFailure::kCredentials},
      {kAuthentication,
       "sasl_ssl://h:9/1: SASL PLAIN mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's "
       "supported "
       "mechanisms: SCRAM-SHA-512 (after 3ms in state AUTH_HANDSHAKE)",
       AuthFailure::kCredentials},
      {kSsl, "ssl://h:9/1: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: ...",
       AuthFailure::kBrokerCertificate},
      {kTransport,
       "ssl://h:9/1: error:0A000086:SSL routines::certificate verify failed (after 7ms in state SSL_HANDSHAKE)",
       AuthFailure::kBrokerCertificate},
      {kTransport,
       "ssl://h:9/1: Receive failed: error:0A000412:SSL routines::sslv3 alert bad certificate: SSL alert number 42 "
       "(after 0ms in state APIVERSION_QUERY)",
       AuthFailure::kOwnCertificate},
      {kTransport, "ssl://h:9/1: Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate required: ...",
       AuthFailure::kOwnCertificate},
      {kSsl, "ssl://h:9/1: SSL handshake failed: error:0A000418:SSL routines::tlsv1 alert unknown ca: ...",
       AuthFailure::kOwnCertificate},
      {kAuthentication, R"(Failed to acquire SASL OAUTHBEARER token: {"error":"invalid_client"})",
       AuthFailure::kTokenRefused},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(AuthFailureIn(one.code, one.reason), one.auth_failure) << one.reason;
    EXPECT_TRUE(IsProven(one.auth_failure));
  }
}

// A token endpoint that is away, or a door before it that answers for itself.
TEST(AuthFailure, ATokenEndpointThatGivesNoneProvesNothing) {
  for (const std::string reason :
       {"Failed to acquire SASL OAUTHBEARER token: Failed to connect to 127.0.0.1 port 1 after 0 ms: Could not connect "
        "to server",
        "Failed to acquire SASL OAUTHBEARER token: Could not resolve host: idp",
        "Failed to acquire SASL OAUTHBEARER token: <html><h1>503 Service Unavailable</h1></html>",
        "sasl_ssl://h:9/1: Failed to initialize SASL authentication: OAUTHBEARER cannot log in because there is no "
        "token available; last error: (not available)"}) {
    EXPECT_EQ(AuthFailureIn(kAuthentication, reason), AuthFailure::kNoToken) << reason;
  }
  EXPECT_FALSE(IsProven(AuthFailure::kNoToken));
}

// A broker that stops ends connections in the middle of all of this.
TEST(AuthFailure, WhatABrokerThatIsStoppedCausesProvesNothing) {
  const std::vector<Case> cases = {
      {kTransport, "h:9/1: Connect to ipv4#127.0.0.1:9 failed: Connection refused (after 0ms in state CONNECT)",
       AuthFailure::kNone},
      {kTransport, "h:9/1: 1 request(s) timed out: disconnect (after 10000ms in state UP)", AuthFailure::kNone},
      {kTransport, "ssl://h:9/1: Disconnected (after 6000ms in state UP)", AuthFailure::kNone},
      {kAuthentication,
       "sasl_ssl://h:9/1: SASL PLAIN mechanism handshake failed: Local: Broker transport failure: broker's supported "
       "mechanisms:  (after 3ms in state AUTH_HANDSHAKE)",
       AuthFailure::kNone},
      {kAuthentication, "sasl_ssl://h:9/1: SASL authentication error: Local: Timed out (after 9ms in state AUTH_REQ)",
       AuthFailure::kNone},
      {kAuthentication, "sasl_ssl://h:9/1: Disconnected (after 3ms in state AUTH_REQ)", AuthFailure::kNone},
      {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "3/3 brokers are down", AuthFailure::kNone},
      {kSsl,
       "ssl://h:9/1: SSL handshake failed: error:0A000126:SSL routines::unexpected eof while reading (after 2ms in "
       "state "
       "SSL_HANDSHAKE)",
       AuthFailure::kMaybePlaintext},
      {kTransport,
       "h:9/1: Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol configuration "
       "(connecting to a SSL listener?) or broker version is < 0.10 (after 1ms in state APIVERSION_QUERY)",
       AuthFailure::kMaybeTls},
      {kTransport,
       "ssl://h:9/1: Disconnected: verify that security.protocol is correctly configured, broker might require SASL "
       "authentication (after 1ms in state UP)",
       AuthFailure::kMaybeSasl},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(AuthFailureIn(one.code, one.reason), one.auth_failure) << one.reason;
    EXPECT_FALSE(IsProven(one.auth_failure)) << one.reason;
  }
}

TEST(AuthFailure, ASentenceOfLibrdkafkaIsShownWithoutItsStatesAndNames) {
  EXPECT_EQ(Bare("sasl_ssl://h:9/bootstrap: SASL authentication error: no (after 301ms in state AUTH_REQ)"),
            "SASL authentication error: no");
  EXPECT_EQ(Bare("SASL authentication error: no"), "SASL authentication error: no");
  EXPECT_EQ(Bare(""), "");
}

}  // namespace
}  // namespace headcount::kafka
