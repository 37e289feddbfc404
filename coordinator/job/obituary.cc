#include "coordinator/job/obituary.h"

#include <array>

namespace headcount {
namespace {

constexpr std::array<const char*, 4> kDeathActionNames = {"restart", "poison", "start_over", "end"};

std::string CauseText(const Obituary& obituary) {
  const Death& death = obituary.death;
  if (obituary.ended_by_job) return "ended_by=job";
  switch (death.kind) {
    case Death::Kind::kExited: return "exit=" + std::to_string(death.code);
    case Death::Kind::kSignaled: return "signal=" + std::to_string(death.code);
    case Death::Kind::kNotStarted: return "fork_errno=" + std::to_string(death.code);
  }
  return "?";
}

}  // namespace

const char* CauseWord(const Obituary& obituary) {
  if (obituary.ended_by_job) return "job";
  if (obituary.was_hung) return "heartbeat";
  return obituary.death.by_memory_killer ? "memory" : "";
}

const char* Name(DeathAction action) { return kDeathActionNames[static_cast<size_t>(action)]; }

std::string ListText(const std::vector<PartitionId>& partitions) {
  std::string text = "[";
  for (const PartitionId p : partitions) {
    if (text.size() > 1) text += ',';
    text += std::to_string(p.value());
  }
  return text += ']';
}

std::string Text(const Obituary& obituary) {
  std::string text = obituary.slot ? "worker=" + std::to_string(obituary.slot->value()) : "writer";
  const auto add = [&text](const std::string& field) { text.append(" ").append(field); };
  add("pid=" + std::to_string(obituary.death.pid));
  add("generation=" + std::to_string(obituary.generation.value()));
  add(CauseText(obituary));
  if (!obituary.ended_by_job && *CauseWord(obituary) != '\0') add(std::string("cause=") + CauseWord(obituary));
  add("uptime_s=" + std::to_string(obituary.uptime_s));
  if (obituary.slot) add("partitions=" + ListText(obituary.partitions));
  if (obituary.mark) {
    add("mark=" + std::to_string(obituary.mark->partition.value()) + "@" +
        std::to_string(obituary.mark->offset.value()));
  }
  add(std::string("action=") + Name(obituary.action));
  if (obituary.action != DeathAction::kEnd) add("delay_ms=" + std::to_string(obituary.delay_ms));
  return text;
}

}  // namespace headcount
