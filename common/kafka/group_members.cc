#include "common/kafka/group_members.h"

#include <librdkafka/rdkafka.h>

#include <memory>

namespace headcount::kafka {
namespace {

struct DestroyGroupList {
  void operator()(const rd_kafka_group_list* list) const { rd_kafka_group_list_destroy(list); }
};

}  // namespace

std::vector<std::string> GroupMembers(rd_kafka_s* handle, const std::string& group, int timeout_ms) {
  const rd_kafka_group_list* answer = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_list_groups(handle, group.c_str(), &answer, timeout_ms);
  // Some brokers may not answer; the answer of the group's own broker is enough.
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__PARTIAL) return {};
  const std::unique_ptr<const rd_kafka_group_list, DestroyGroupList> list(answer);
  std::vector<std::string> members;
  for (int g = 0; g < list->group_cnt; ++g) {
    const rd_kafka_group_info& found = list->groups[g];
    if (group != found.group) continue;
    for (int m = 0; m < found.member_cnt; ++m) {
      members.push_back(std::string(found.members[m].client_id) + " at " + found.members[m].client_host);
    }
  }
  return members;
}

}  // namespace headcount::kafka
