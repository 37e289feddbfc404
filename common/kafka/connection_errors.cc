#include "common/kafka/connection_errors.h"

#include <librdkafka/rdkafka.h>
#include <syslog.h>

#include <cstdio>
#include <utility>

#include "common/base/limits.h"
#include "common/kafka/client_log.h"
#include "common/kafka/deadline.h"

namespace headcount::kafka {
namespace {

constexpr int kProbeMs = limits::kProbeMs;
constexpr int kProbeLookMs = 100;

std::string Property(rd_kafka_t* handle, const char* key) {
  char text[512] = "";
  size_t size = sizeof text;
  return rd_kafka_conf_get(rd_kafka_conf(handle), key, text, &size) == RD_KAFKA_CONF_OK ? text : "?";
}

bool HasSasl(rd_kafka_t* handle) { return Property(handle, "security.protocol").rfind("sasl_", 0) == 0; }

// Kafka 4 checks a number of the SCRAM exchange that librdkafka sends twice before 2.6.1. The broker then reports a
// wrong password.
std::string OldScram(const std::string& mechanism) {
  constexpr int kFirstRight = 0x02060100;
  if (rd_kafka_version() >= kFirstRight || mechanism.rfind("SCRAM-", 0) != 0) return "";
  return std::string("; if they are right: librdkafka ") + rd_kafka_version_str() +
         " gets in by SCRAM only where Kafka is older than 4.0, and librdkafka 2.6.1 everywhere; PLAIN over TLS does "
         "too";
}

bool VerifiesCertificates(rd_kafka_conf_t* conf) {
  char text[16] = "";
  size_t size = sizeof text;
  return rd_kafka_conf_get(conf, "enable.ssl.certificate.verification", text, &size) == RD_KAFKA_CONF_OK &&
         std::string(text) == "true";
}

// The result of asking a broker once more.
struct Probed {
  bool answered = false;
  AuthFailure auth_failure = AuthFailure::kNone;  // the first that the broker reported
};

void OnProbeError(rd_kafka_t* /*handle*/, int code, const char* reason, void* opaque) {
  auto* const probed = static_cast<Probed*>(opaque);
  if (probed->auth_failure == AuthFailure::kNone) probed->auth_failure = AuthFailureIn(code, reason);
}

void OnProbeLog(const rd_kafka_t* /*handle*/, int /*level*/, const char* /*facility*/, const char* /*text*/) {}

// A copy of the client that reports every closed connection, in `protocol`, or in its own (nullptr). It sends no
// password to a broker to which the first client sent none. Null: librdkafka cannot make it.
Handle NewProbe(rd_kafka_t* handle, const char* protocol, Probed* probed) {
  Conf conf(rd_kafka_conf_dup(rd_kafka_conf(handle)));
  char reason[512] = "";
  const auto set = [&](const char* key, const char* value) {
    return rd_kafka_conf_set(conf.get(), key, value, reason, sizeof reason) == RD_KAFKA_CONF_OK;
  };
  if (!set("log.connection.close", "true")) return Handle();
  if (protocol != nullptr) {
    if (!set("security.protocol", protocol) || !set("enable.ssl.certificate.verification", "false")) return Handle();
  }
  // The first client's callbacks expect its opaque. OpenSSL verifies certificates without them, too.
  rd_kafka_conf_set_ssl_cert_verify_cb(conf.get(), nullptr);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), nullptr);
  rd_kafka_conf_set_stats_cb(conf.get(), nullptr);
  rd_kafka_conf_set_opaque(conf.get(), probed);
  rd_kafka_conf_set_error_cb(conf.get(), &OnProbeError);
  rd_kafka_conf_set_log_cb(conf.get(), &OnProbeLog);
  rd_kafka_t* const probe = rd_kafka_new(rd_kafka_type(handle), conf.get(), reason, sizeof reason);
  if (probe != nullptr) static_cast<void>(conf.release());  // rd_kafka_new took it
  return Handle(probe);
}

Probed Probe(rd_kafka_t* handle, const char* protocol) {
  Probed probed;
  const Handle probe = NewProbe(handle, protocol, &probed);
  if (probe == nullptr) return probed;
  const Deadline deadline(kProbeMs);
  while (!probed.answered && probed.auth_failure == AuthFailure::kNone && !deadline.passed()) {
    const rd_kafka_metadata_t* answer = nullptr;
    if (rd_kafka_metadata(probe.get(), 0, nullptr, &answer, kProbeLookMs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(answer);
      probed.answered = true;
    }
    rd_kafka_poll(probe.get(), 0);
  }
  return probed;
}

// Whether a wrong protocol makes the broker close the connection, and which. `seems` is the client's last error.
AuthFailure FindOut(rd_kafka_t* handle, AuthFailure seems) {
  // A broker that gets no password first answers with the versions it speaks. A broker that answers and then closes a
  // new client's connection as well is not stopping, and no proxy without a broker.
  if (seems != AuthFailure::kMaybePlaintext) {
    const Probed same = Probe(handle, nullptr);
    if (same.answered) return AuthFailure::kNone;
    seems = same.auth_failure;
  }
  if (seems == AuthFailure::kMaybeSasl) return HasSasl(handle) ? AuthFailure::kNone : seems;
  if (seems != AuthFailure::kMaybeTls && seems != AuthFailure::kMaybePlaintext) return AuthFailure::kNone;
  const Probed other = Probe(handle, seems == AuthFailure::kMaybeTls ? "ssl" : "plaintext");
  // Only a broker that has understood the protocol reports one of these two.
  const bool understood =
      other.auth_failure == AuthFailure::kMaybeSasl || other.auth_failure == AuthFailure::kOwnCertificate;
  return other.answered || understood ? seems : AuthFailure::kNone;
}

}  // namespace

ConnectionErrors& ConnectionErrors::Of(rd_kafka_s* handle) {
  return *static_cast<ConnectionErrors*>(rd_kafka_opaque(handle));
}

void ConnectionErrors::Listen(rd_kafka_conf_s* conf, ConnectionErrors* connection_errors) {
  rd_kafka_conf_set_opaque(conf, connection_errors);
  rd_kafka_conf_set_error_cb(conf, &ConnectionErrors::OnError);
  if (connection_errors->hooks_.on_statistics != nullptr)
    rd_kafka_conf_set_stats_cb(conf, &ConnectionErrors::OnStatistics);
  // librdkafka itself only reports that it could not verify a certificate.
  if (VerifiesCertificates(conf)) rd_kafka_conf_set_ssl_cert_verify_cb(conf, &ConnectionErrors::OnCertificate);
}

void ConnectionErrors::OnError(rd_kafka_s* handle, int code, const char* reason, void* opaque) {
  OnLogLine(handle, LOG_WARNING, "ERROR", reason);
  auto* const self = static_cast<ConnectionErrors*>(opaque);
  if (self->hooks_.on_error != nullptr) self->hooks_.on_error(code, reason, self->hooks_.opaque);
  const AuthFailure auth_failure = AuthFailureIn(code, reason);
  const std::lock_guard<std::mutex> lock(self->mutex_);
  LastError& heard = self->last_error_;
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {  // follows from other errors, or from a closed connection
    heard.all_down = true;
    return;
  }
  if (IsProven(heard.auth_failure) && !IsProven(auth_failure)) return;  // another broker's absence mends nothing
  heard.auth_failure = auth_failure;
  heard.reason = reason;
}

int ConnectionErrors::OnStatistics(rd_kafka_s* /*handle*/, char* json, size_t length, void* opaque) {
  const auto* const self = static_cast<ConnectionErrors*>(opaque);
  self->hooks_.on_statistics(std::string_view(json, length), self->hooks_.opaque);
  return 0;  // librdkafka frees the text
}

// Never more lenient than OpenSSL: an error stays an error.
int ConnectionErrors::OnCertificate(rd_kafka_s* /*handle*/, const char* /*broker*/, int32_t /*broker_id*/,
                                    int* verify_error, int depth, const char* /*bytes*/, size_t /*size*/, char* text,
                                    size_t text_size, void* opaque) {
  if (*verify_error == 0) return 1;
  const std::string fault = CertificateFault(*verify_error, depth);
  snprintf(text, text_size, "%s", fault.c_str());
  auto* const self = static_cast<ConnectionErrors*>(opaque);
  const std::lock_guard<std::mutex> lock(self->mutex_);
  self->last_error_.certificate = fault;
  return 0;
}

void ConnectionErrors::Answered() {
  const std::lock_guard<std::mutex> lock(mutex_);
  last_error_ = LastError{};
  answered_ = true;
  probed_ = true;  // a broker that answers speaks our protocol
  found_ = AuthFailure::kNone;
}

std::optional<std::string> ConnectionErrors::PermanentFailure(rd_kafka_s* handle) {
  rd_kafka_poll(handle, 0);
  LastError heard;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    heard = last_error_;
  }
  // If another broker accepts the client, one broker's refusal may pass.
  if (answered_ && !heard.all_down) return std::nullopt;
  const std::string protocol = Property(handle, "security.protocol");
  if (heard.auth_failure == AuthFailure::kBrokerCertificate) {
    return "its certificate is not accepted: " +
           (heard.certificate.empty() ? Hint(heard.auth_failure, protocol) : heard.certificate);
  }
  if (IsProven(heard.auth_failure)) {
    const std::string mechanism = Property(handle, "sasl.mechanism");
    // The broker refuses the token: OAUTHBEARER has no password.
    const bool by_token = heard.auth_failure == AuthFailure::kCredentials && mechanism == "OAUTHBEARER";
    return Bare(heard.reason) + "; " + Hint(by_token ? AuthFailure::kTokenRefused : heard.auth_failure, protocol) +
           OldScram(mechanism);
  }
  // librdkafka reports a closed connection only if log.connection.close is set. It always reports that all brokers are
  // down.
  const bool hung_up =
      heard.auth_failure != AuthFailure::kNoToken && (heard.auth_failure != AuthFailure::kNone || heard.reason.empty());
  if (!probed_ && heard.all_down && hung_up) {
    probed_ = true;
    found_ = FindOut(handle, heard.auth_failure);
  }
  if (found_ == AuthFailure::kNone) return std::nullopt;
  return Hint(found_, protocol);
}

std::optional<std::string> ConnectionErrors::MissingTokenReason(rd_kafka_s* handle) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::string hint = "; " + Hint(AuthFailure::kNoToken, "");
  if (last_error_.auth_failure == AuthFailure::kNoToken) return Bare(last_error_.reason) + hint;
  // librdkafka contacts no broker before it has a token. It reports an endpoint's answer of 500 to 599 only after four
  // tries, 50 s later.
  const bool heard_nothing = !answered_ && !last_error_.all_down && last_error_.reason.empty();
  if (heard_nothing && Property(handle, "sasl.mechanism") == "OAUTHBEARER") return "none has come yet" + hint;
  return std::nullopt;
}

}  // namespace headcount::kafka
