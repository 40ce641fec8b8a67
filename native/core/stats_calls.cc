#include "stats_calls.h"

namespace novalet {

namespace {

struct FreeRecords {
  void operator()(virDomainStatsRecordPtr* records) const { virDomainStatsRecordListFree(records); }
};

std::vector<DomainStats> TakeRecords(virDomainStatsRecordPtr* records, int count) {
  const std::unique_ptr<virDomainStatsRecordPtr, FreeRecords> owned(records);
  std::vector<DomainStats> stats;
  stats.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; i++) {
    char uuid[VIR_UUID_STRING_BUFLEN] = "";
    Check(virDomainGetUUIDString(records[i]->dom, uuid));
    const char* name = Check(virDomainGetName(records[i]->dom));
    stats.push_back({name, uuid, CopyParams(records[i]->params, records[i]->nparams)});
  }
  return stats;
}

template <typename Stat, int (*Get)(virConnectPtr, int, Stat*, int*, unsigned)>
Figures GetFigures(virConnectPtr connection, int which) {
  int count = 0;
  Check(Get(connection, which, nullptr, &count, 0));
  std::vector<Stat> raw(static_cast<std::size_t>(count));
  if (count > 0) Check(Get(connection, which, raw.data(), &count, 0));
  Figures figures;
  for (int i = 0; i < count; i++) figures.emplace_back(raw[i].field, static_cast<double>(raw[i].value));
  return figures;
}

}  // namespace

std::vector<DomainStats> AllDomainStats(virConnectPtr connection, unsigned groups, unsigned flags) {
  virDomainStatsRecordPtr* records = nullptr;
  const int count = Check(virConnectGetAllDomainStats(connection, groups, &records, flags));
  return TakeRecords(records, count);
}

std::vector<DomainStats> ListDomainStats(const std::vector<OwnedDomain>& domains, unsigned groups, unsigned flags) {
  std::vector<virDomainPtr> list;
  for (const OwnedDomain& domain : domains) list.push_back(domain.get());
  list.push_back(nullptr);
  virDomainStatsRecordPtr* records = nullptr;
  const int count = Check(virDomainListGetStats(list.data(), groups, &records, flags));
  return TakeRecords(records, count);
}

Figures NodeCpuStats(virConnectPtr connection) {
  return GetFigures<virNodeCPUStats, virNodeGetCPUStats>(connection, VIR_NODE_CPU_STATS_ALL_CPUS);
}

Figures NodeMemoryStats(virConnectPtr connection) {
  return GetFigures<virNodeMemoryStats, virNodeGetMemoryStats>(connection, VIR_NODE_MEMORY_STATS_ALL_CELLS);
}

double FreeMemoryBytes(virConnectPtr connection) {
  const unsigned long long bytes = virNodeGetFreeMemory(connection);
  if (bytes == 0) ThrowLibvirtError();  // how libvirt tells a failure
  return static_cast<double>(bytes);
}

}  // namespace novalet
