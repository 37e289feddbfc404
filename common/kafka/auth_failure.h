// Tells from a client's last error whether the failure is permanent. It is if a password, a certificate or a protocol
// does not fit the brokers, or if the token endpoint refuses the client. librdkafka takes each for a passing error and
// reconnects without end. Pure. For the .cc files of this folder; runs in workers and writer.
#pragma once

#include <string>
#include <string_view>

namespace headcount::kafka {

enum class AuthFailure {
  kNone,               // passing, or another matter
  kCredentials,        // the broker refuses the user, the password or the mechanism
  kBrokerCertificate,  // we refuse the broker's certificate
  kOwnCertificate,     // the broker refuses our certificate, or misses it
  kTokenRefused,       // the token endpoint (OIDC) refuses the client or its request
  kNoToken,            // the endpoint gives no token for another reason: it is down, as a broker may be
  // The broker closes the connection, as it does if the protocol does not fit. A stopping broker closes it, too, and so
  // does a proxy before a broker that is down. So each of these needs proof.
  kMaybeTls,        // after our plaintext
  kMaybePlaintext,  // after our TLS
  kMaybeSasl,       // after our first request, which has no password
};

// The failure that the error callback reports with this code and this sentence.
AuthFailure AuthFailureIn(int code, std::string_view reason);

// Whether the failure is certain without another question to the broker.
constexpr bool IsProven(AuthFailure auth_failure) {
  return auth_failure == AuthFailure::kCredentials || auth_failure == AuthFailure::kBrokerCertificate ||
         auth_failure == AuthFailure::kOwnCertificate || auth_failure == AuthFailure::kTokenRefused;
}

// librdkafka's sentence without the part about its own states.
std::string Bare(std::string_view reason);

// A sentence for an OpenSSL verification error (X509_V_ERR_...) of a broker's certificate: what is wrong, and what
// would be right. `depth` 0: the broker's own certificate.
std::string CertificateFault(int verify_error, int depth);

// What would be right. `protocol` is the value of security.protocol.
std::string Hint(AuthFailure auth_failure, const std::string& protocol);

}  // namespace headcount::kafka
