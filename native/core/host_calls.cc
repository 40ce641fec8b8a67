#include "host_calls.h"

#include <libvirt/virterror.h>

#include <cstring>

namespace novalet {

namespace {

const char* OrNull(const OptionalText& text) { return text ? text->c_str() : nullptr; }

OwnedDomain Own(virDomainPtr domain) { return OwnedDomain(Check(domain)); }
OwnedNetwork Own(virNetworkPtr network) { return OwnedNetwork(Check(network)); }

/// Copies up to `size` characters of a field that need not end in a zero.
std::string FixedText(const char* field, std::size_t size) { return std::string(field, strnlen(field, size)); }

struct FreeStats {
  void operator()(virDomainStatsRecordPtr* records) const { virDomainStatsRecordListFree(records); }
};

OwnedDomain Share(virDomainPtr domain) {
  Check(virDomainRef(domain));
  return OwnedDomain(domain);
}

std::vector<ListedDomain> ListOneByOne(virConnectPtr connection, unsigned flags) {
  virDomainPtr* found = nullptr;
  const int count = Check(virConnectListAllDomains(connection, &found, flags));
  const std::unique_ptr<virDomainPtr, FreeMemory> array(found);
  std::vector<ListedDomain> domains(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < domains.size(); i++) domains[i].domain.reset(found[i]);
  std::vector<ListedDomain> listed;
  for (ListedDomain& entry : domains) {
    if (virDomainGetState(entry.domain.get(), &entry.state.state, &entry.state.reason, 0) == 0) {
      listed.push_back(std::move(entry));
      continue;
    }
    const virErrorPtr error = virGetLastError();
    if (error == nullptr || error->code != VIR_ERR_NO_DOMAIN) ThrowLibvirtError();
    virResetLastError();  // it went away since it was listed
  }
  return listed;
}

}  // namespace

int SetKeepAlive(virConnectPtr connection, int interval_s, unsigned count) {
  return Check(virConnectSetKeepAlive(connection, interval_s, count));
}

std::string Hostname(virConnectPtr connection) { return TakeText(virConnectGetHostname(connection)); }

std::string ConnectionUri(virConnectPtr connection) { return TakeText(virConnectGetURI(connection)); }

std::string Capabilities(virConnectPtr connection) { return TakeText(virConnectGetCapabilities(connection)); }

std::string DomainCapabilities(virConnectPtr connection, const OptionalText& emulator, const OptionalText& arch,
                               const OptionalText& machine, const OptionalText& virt_type) {
  return TakeText(virConnectGetDomainCapabilities(connection, OrNull(emulator), OrNull(arch), OrNull(machine),
                                                  OrNull(virt_type), 0));
}

Versions GetVersions(virConnectPtr connection) {
  Versions versions;
  Check(virConnectGetLibVersion(connection, &versions.libvirt));
  Check(virConnectGetVersion(connection, &versions.hypervisor));
  return versions;
}

NodeInfo GetNodeInfo(virConnectPtr connection) {
  virNodeInfo node;
  Check(virNodeGetInfo(connection, &node));
  NodeInfo info;
  info.model = FixedText(node.model, sizeof(node.model));
  info.memory_kib = static_cast<double>(node.memory);
  info.cpus = node.cpus;
  info.mhz = node.mhz;
  info.numa_nodes = node.nodes;
  info.sockets = node.sockets;
  info.cores = node.cores;
  info.threads = node.threads;
  return info;
}

OwnedDomain DefineDomain(virConnectPtr connection, const std::string& xml, unsigned flags) {
  return Own(virDomainDefineXMLFlags(connection, xml.c_str(), flags));
}

OwnedDomain CreateDomain(virConnectPtr connection, const std::string& xml, unsigned flags) {
  return Own(virDomainCreateXML(connection, xml.c_str(), flags));
}

OwnedDomain DomainByName(virConnectPtr connection, const std::string& name) {
  return Own(virDomainLookupByName(connection, name.c_str()));
}

OwnedDomain DomainByUuid(virConnectPtr connection, const std::string& uuid) {
  return Own(virDomainLookupByUUIDString(connection, uuid.c_str()));
}

std::vector<ListedDomain> ListDomains(virConnectPtr connection, unsigned flags) {
  virDomainStatsRecordPtr* records = nullptr;
  const int count = virConnectGetAllDomainStats(connection, VIR_DOMAIN_STATS_STATE, &records, flags);
  if (count < 0) {
    const virErrorPtr error = virGetLastError();
    if (error == nullptr || error->code != VIR_ERR_NO_SUPPORT) ThrowLibvirtError();
    virResetLastError();
    return ListOneByOne(connection, flags);
  }
  const std::unique_ptr<virDomainStatsRecordPtr, FreeStats> owned(records);
  std::vector<ListedDomain> domains;
  domains.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; i++) {
    const virDomainStatsRecordPtr record = records[i];
    ListedDomain entry;
    entry.domain = Share(record->dom);
    virTypedParamsGetInt(record->params, record->nparams, "state.state", &entry.state.state);
    virTypedParamsGetInt(record->params, record->nparams, "state.reason", &entry.state.reason);
    domains.push_back(std::move(entry));
  }
  return domains;
}

OwnedNetwork DefineNetwork(virConnectPtr connection, const std::string& xml, unsigned flags) {
  return Own(virNetworkDefineXMLFlags(connection, xml.c_str(), flags));
}

OwnedNetwork CreateNetwork(virConnectPtr connection, const std::string& xml, unsigned flags) {
  return Own(virNetworkCreateXMLFlags(connection, xml.c_str(), flags));
}

OwnedNetwork NetworkByName(virConnectPtr connection, const std::string& name) {
  return Own(virNetworkLookupByName(connection, name.c_str()));
}

OwnedNetwork NetworkByUuid(virConnectPtr connection, const std::string& uuid) {
  return Own(virNetworkLookupByUUIDString(connection, uuid.c_str()));
}

std::vector<ListedNetwork> ListNetworks(virConnectPtr connection, unsigned flags) {
  virNetworkPtr* found = nullptr;
  const int count = Check(virConnectListAllNetworks(connection, &found, flags));
  const std::unique_ptr<virNetworkPtr, FreeMemory> array(found);
  std::vector<ListedNetwork> networks(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < networks.size(); i++) networks[i].network.reset(found[i]);
  std::vector<ListedNetwork> listed;
  for (ListedNetwork& entry : networks) {
    const int active = virNetworkIsActive(entry.network.get());
    const int persistent = active < 0 ? -1 : virNetworkIsPersistent(entry.network.get());
    if (persistent >= 0) {
      entry.active = active == 1;
      entry.persistent = persistent == 1;
      listed.push_back(std::move(entry));
      continue;
    }
    const virErrorPtr error = virGetLastError();
    if (error == nullptr || error->code != VIR_ERR_NO_NETWORK) ThrowLibvirtError();
    virResetLastError();
  }
  return listed;
}

}  // namespace novalet
