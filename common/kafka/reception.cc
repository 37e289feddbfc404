#include "common/kafka/reception.h"

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

// Kafka 4 compares a number of the exchange that librdkafka says twice before 2.6.1; the broker calls the password
// wrong.
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

// What came of asking a broker once more.
struct Probed {
  bool answered = false;
  Refusal refusal = Refusal::kNone;  // the first it uttered
};

void OnProbeError(rd_kafka_t* /*handle*/, int code, const char* reason, void* opaque) {
  auto* const probed = static_cast<Probed*>(opaque);
  if (probed->refusal == Refusal::kNone) probed->refusal = RefusalIn(code, reason);
}

void OnProbeLog(const rd_kafka_t* /*handle*/, int /*level*/, const char* /*facility*/, const char* /*text*/) {}

// The same client again, but one that is told when somebody hangs up, in that protocol, or (nullptr) its own. Never one
// that would send a password to whom the first did not. Nothing: it cannot be made.
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
  // Those of the first client expect its opaque. OpenSSL verifies without them too.
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
  while (!probed.answered && probed.refusal == Refusal::kNone && !deadline.passed()) {
    const rd_kafka_metadata_t* answer = nullptr;
    if (rd_kafka_metadata(probe.get(), 0, nullptr, &answer, kProbeLookMs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(answer);
      probed.answered = true;
    }
    rd_kafka_poll(probe.get(), 0);
  }
  return probed;
}

// Which protocol it is that makes the broker hang up, if it is that; `seems` is what the client has heard.
Refusal FindOut(rd_kafka_t* handle, Refusal seems) {
  // Asked without a password, a broker first answers which versions it speaks. Whoever does so and hangs up then, on a
  // new client too, is not going away, and is no proxy before nobody.
  if (seems != Refusal::kMaybePlaintext) {
    const Probed same = Probe(handle, nullptr);
    if (same.answered) return Refusal::kNone;
    seems = same.refusal;
  }
  if (seems == Refusal::kMaybeSasl) return HasSasl(handle) ? Refusal::kNone : seems;
  if (seems != Refusal::kMaybeTls && seems != Refusal::kMaybePlaintext) return Refusal::kNone;
  const Probed other = Probe(handle, seems == Refusal::kMaybeTls ? "ssl" : "plaintext");
  // These two are uttered only by a broker that has understood the protocol.
  const bool understood = other.refusal == Refusal::kMaybeSasl || other.refusal == Refusal::kOwnCertificate;
  return other.answered || understood ? seems : Refusal::kNone;
}

}  // namespace

Reception& Reception::Of(rd_kafka_s* handle) { return *static_cast<Reception*>(rd_kafka_opaque(handle)); }

void Reception::Listen(rd_kafka_conf_s* conf, Reception* reception) {
  rd_kafka_conf_set_opaque(conf, reception);
  rd_kafka_conf_set_error_cb(conf, &Reception::OnError);
  if (reception->hooks_.on_statistics != nullptr) rd_kafka_conf_set_stats_cb(conf, &Reception::OnStatistics);
  // librdkafka itself says only that a certificate could not be verified.
  if (VerifiesCertificates(conf)) rd_kafka_conf_set_ssl_cert_verify_cb(conf, &Reception::OnCertificate);
}

void Reception::OnError(rd_kafka_s* handle, int code, const char* reason, void* opaque) {
  OnLogLine(handle, LOG_WARNING, "ERROR", reason);
  auto* const self = static_cast<Reception*>(opaque);
  if (self->hooks_.on_error != nullptr) self->hooks_.on_error(code, reason, self->hooks_.opaque);
  const Refusal refusal = RefusalIn(code, reason);
  const std::lock_guard<std::mutex> lock(self->mutex_);
  Heard& heard = self->heard_;
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {  // what comes of the others, or of a hang-up that nobody tells
    heard.all_down = true;
    return;
  }
  if (IsProven(heard.refusal) && !IsProven(refusal)) return;  // that another broker is away mends nothing
  heard.refusal = refusal;
  heard.reason = reason;
}

int Reception::OnStatistics(rd_kafka_s* /*handle*/, char* json, size_t length, void* opaque) {
  const auto* const self = static_cast<Reception*>(opaque);
  self->hooks_.on_statistics(std::string_view(json, length), self->hooks_.opaque);
  return 0;  // librdkafka frees the text
}

// Never more lenient than OpenSSL: an error stays one.
int Reception::OnCertificate(rd_kafka_s* /*handle*/, const char* /*broker*/, int32_t /*broker_id*/, int* verify_error,
                             int depth, const char* /*bytes*/, size_t /*size*/, char* text, size_t text_size,
                             void* opaque) {
  if (*verify_error == 0) return 1;
  const std::string fault = CertificateFault(*verify_error, depth);
  snprintf(text, text_size, "%s", fault.c_str());
  auto* const self = static_cast<Reception*>(opaque);
  const std::lock_guard<std::mutex> lock(self->mutex_);
  self->heard_.certificate = fault;
  return 0;
}

void Reception::Answered() {
  const std::lock_guard<std::mutex> lock(mutex_);
  heard_ = Heard{};
  answered_ = true;
  probed_ = true;  // whoever answers speaks our protocol
  found_ = Refusal::kNone;
}

std::optional<std::string> Reception::TurnedAway(rd_kafka_s* handle) {
  rd_kafka_poll(handle, 0);
  Heard heard;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    heard = heard_;
  }
  // Where others take us, one broker's refusal is a trouble that may pass.
  if (answered_ && !heard.all_down) return std::nullopt;
  const std::string protocol = Property(handle, "security.protocol");
  if (heard.refusal == Refusal::kBrokerCertificate) {
    return "its certificate is not accepted: " +
           (heard.certificate.empty() ? Remedy(heard.refusal, protocol) : heard.certificate);
  }
  if (IsProven(heard.refusal)) {
    const std::string mechanism = Property(handle, "sasl.mechanism");
    // The token is what a broker refuses there: nobody has a password.
    const bool by_token = heard.refusal == Refusal::kCredentials && mechanism == "OAUTHBEARER";
    return Bare(heard.reason) + "; " + Remedy(by_token ? Refusal::kTokenRefused : heard.refusal, protocol) +
           OldScram(mechanism);
  }
  // librdkafka tells nobody that somebody hung up unless log.connection.close is set, but that all brokers are down.
  const bool hung_up = heard.refusal != Refusal::kNoToken && (heard.refusal != Refusal::kNone || heard.reason.empty());
  if (!probed_ && heard.all_down && hung_up) {
    probed_ = true;
    found_ = FindOut(handle, heard.refusal);
  }
  if (found_ == Refusal::kNone) return std::nullopt;
  return Remedy(found_, protocol);
}

std::optional<std::string> Reception::LacksToken(rd_kafka_s* handle) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::string remedy = "; " + Remedy(Refusal::kNoToken, "");
  if (heard_.refusal == Refusal::kNoToken) return Bare(heard_.reason) + remedy;
  // librdkafka knocks at no broker before it has one. What an endpoint answers with 500 to 599 it tells only after its
  // own four tries, 50 s later.
  const bool heard_nothing = !answered_ && !heard_.all_down && heard_.reason.empty();
  if (heard_nothing && Property(handle, "sasl.mechanism") == "OAUTHBEARER") return "none has come yet" + remedy;
  return std::nullopt;
}

}  // namespace headcount::kafka
