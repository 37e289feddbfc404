#include "common/kafka/auth_failure.h"

#include <librdkafka/rdkafka.h>

namespace headcount::kafka {
namespace {

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// A broker that goes away while it checks a password causes an authentication error, too. librdkafka begins an error
// that no broker sent with "Local".
bool IsPassing(std::string_view reason) {
  return Has(reason, "Local: ") || Has(reason, "Disconnected") || Has(reason, "timed out");
}

// Only an alert proves that the broker has looked at a certificate. A broker that goes away ends the handshake without
// one.
bool IsAlertAboutCertificate(std::string_view reason) {
  return Has(reason, " alert ") && (Has(reason, "certificate") || Has(reason, "unknown ca"));
}

// A client that logs in by OIDC first asks an endpoint for a token. Without a token it hears nothing from a broker.
bool IsAboutToken(std::string_view reason) {
  return Has(reason, "acquire SASL OAUTHBEARER token") || Has(reason, "there is no token available");
}

// RFC 6749 (5.2) gives these errors for such an endpoint. Any other answer may be a passing error of the endpoint, of
// its network, or of a proxy before it.
bool IsTokenRefused(std::string_view reason) {
  for (const std::string_view code : {"invalid_client", "unauthorized_client", "invalid_grant", "invalid_scope",
                                      "unsupported_grant_type", "invalid_request"}) {
    if (Has(reason, code)) return true;
  }
  return false;
}

}  // namespace

AuthFailure AuthFailureIn(int code, std::string_view reason) {
  if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION && IsAboutToken(reason)) {
    return IsTokenRefused(reason) ? AuthFailure::kTokenRefused : AuthFailure::kNoToken;
  }
  if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION)
    return IsPassing(reason) ? AuthFailure::kNone : AuthFailure::kCredentials;
  if (code != RD_KAFKA_RESP_ERR__SSL && code != RD_KAFKA_RESP_ERR__TRANSPORT) return AuthFailure::kNone;
  // If OpenSSL has two errors to report, librdkafka reports the first as a transport error.
  if (Has(reason, "certificate verify failed")) return AuthFailure::kBrokerCertificate;
  if (IsAlertAboutCertificate(reason)) return AuthFailure::kOwnCertificate;
  if (Has(reason, "connecting to a SSL listener?")) return AuthFailure::kMaybeTls;
  if (Has(reason, "broker might require SASL authentication") ||
      (Has(reason, "in state UP") && Has(reason, "Broken pipe"))) {
    return AuthFailure::kMaybeSasl;
  }
  if (Has(reason, "SSL_HANDSHAKE") && (Has(reason, "unexpected eof") || Has(reason, "Disconnected"))) {
    return AuthFailure::kMaybePlaintext;
  }
  return AuthFailure::kNone;
}

std::string Bare(std::string_view reason) {
  // Example: sasl_ssl://host:9093/bootstrap: SASL authentication error: ... (after 301ms in state AUTH_REQ)
  const size_t after = reason.rfind(" (after ");
  if (after != std::string_view::npos) reason = reason.substr(0, after);
  const size_t name = reason.find(": ");
  if (name != std::string_view::npos && Has(reason.substr(0, name), "/")) reason = reason.substr(name + 2);
  return std::string(reason);
}

std::string CertificateFault(int verify_error, int depth) {
  const std::string what = depth == 0 ? "it" : "that of a CA above it";
  switch (verify_error) {  // from OpenSSL's x509_vfy.h, which we do not link for these numbers
    case 2:
    case 18:
    case 19:
    case 20:
    case 21: return "no CA that we know has signed it; ssl.ca.location names the file of the right one";
    case 9: return what + " is not valid yet; compare the clocks of both hosts";
    case 10:
      return what + " has expired; " +
             (depth == 0 ? "the broker needs a new one" : "the CA needs a new one, and ssl.ca.location with it");
    case 62:
    case 64:
      return "it is made out to another name; -b and the broker's advertised.listeners need a name that stands in it";
    default: return "OpenSSL's verification says " + std::to_string(verify_error) + " (openssl-verify(1))";
  }
}

std::string Hint(AuthFailure auth_failure, const std::string& protocol) {
  switch (auth_failure) {
    case AuthFailure::kNone: return "";
    case AuthFailure::kCredentials:
      return "see sasl.username, sasl.password, sasl.mechanism and security.protocol (" + protocol + ")";
    case AuthFailure::kBrokerCertificate: return "ssl.ca.location names the file of the CA that has signed it";
    case AuthFailure::kOwnCertificate:
      return "the broker wants a certificate that it knows; see ssl.certificate.location and ssl.key.location";
    case AuthFailure::kTokenRefused:
      return "see sasl.mechanism, sasl.oauthbearer.client.id, sasl.oauthbearer.client.secret and "
             "sasl.oauthbearer.scope";
    case AuthFailure::kNoToken:
      return "is the token endpoint there, and reachable (sasl.oauthbearer.token.endpoint.url)?";
    case AuthFailure::kMaybeTls:
      return "it speaks TLS there, but security.protocol is " + protocol + "; ssl or sasl_ssl would be right";
    case AuthFailure::kMaybePlaintext:
      return "it does not speak TLS there, but security.protocol is " + protocol +
             "; its port for TLS, or plaintext or sasl_plaintext, would be right";
    case AuthFailure::kMaybeSasl:
      return "it wants user and password there, but security.protocol is " + protocol +
             "; sasl_ssl or sasl_plaintext would be right";
  }
  return "";
}

}  // namespace headcount::kafka
