#include "common/kafka/errors.h"

#include "common/kafka/error_table.h"

namespace headcount::kafka {

bool IsPermanent(rd_kafka_resp_err_t code) {
  const ErrorClass error_class = ClassOf(code);
  return error_class == ErrorClass::kHumanNeeded || error_class == ErrorClass::kMissing;
}

std::string Brokers(rd_kafka_t* handle) {
  char text[512] = "";
  size_t size = sizeof text;
  if (rd_kafka_conf_get(rd_kafka_conf(handle), "bootstrap.servers", text, &size) != RD_KAFKA_CONF_OK) return "?";
  return text;
}

bool IsForbidden(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
}

bool IsSilence(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
         code == RD_KAFKA_RESP_ERR__RESOLVE || code == RD_KAFKA_RESP_ERR__TIMED_OUT;
}

std::string Missing(const Right& right) {
  const std::string resource = right.resource;
  const std::string flag = resource == "Topic" ? "--topic" : resource == "Group" ? "--group" : "--transactional-id";
  const bool both = right.kind == Right::Kind::kReadAndWrite;
  const std::string one = right.kind == Right::Kind::kWrite ? "Write" : "Read";
  return "not allowed: ACL " + (both ? "Read and Write" : one) + " on " + resource + " " + right.name +
         " is missing; kafka-acls.sh --bootstrap-server ... --add --allow-principal User:... --operation " +
         (both ? "Read --operation Write" : one) + " " + flag + " " + right.name + " gives it";
}

Error QuestionFailed(rd_kafka_t* handle, const std::string& asked, rd_kafka_resp_err_t code, const Right& needed) {
  if (IsForbidden(code) && needed.kind != Right::Kind::kNone) {
    return Error{ExitCode::kHumanNeeded, "cannot " + asked + " at " + Brokers(handle) + ": " + Missing(needed)};
  }
  if (!IsPermanent(code)) {
    if (const std::optional<std::string> why = ConnectionErrors::Of(handle).PermanentFailure(handle)) {
      return Error{ExitCode::kHumanNeeded, "cannot " + asked + ": " + Brokers(handle) + " cannot be used: " + *why};
    }
  }
  if (IsPermanent(code)) {
    return Error{ExitCode::kHumanNeeded, "cannot " + asked + " at " + Brokers(handle) + ": " + rd_kafka_err2str(code)};
  }
  if (IsSilence(code)) {
    if (const std::optional<std::string> why = ConnectionErrors::Of(handle).MissingTokenReason(handle)) {
      return Error{ExitCode::kUnavailable,
                   "cannot " + asked + ": no token to show to " + Brokers(handle) + ": " + *why};
    }
    return Error{ExitCode::kUnavailable, "cannot " + asked + ": no answer from " + Brokers(handle) + " in time (" +
                                             rd_kafka_err2str(code) + "); is a broker there, and reachable?"};
  }
  return Error{ExitCode::kUnavailable,
               "cannot " + asked + " at " + Brokers(handle) + " now: " + rd_kafka_err2str(code)};
}

}  // namespace headcount::kafka
