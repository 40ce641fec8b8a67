// Calls on a connection: what the host is, and how domains and networks are made, found and listed.
// One libvirt call each, on a worker; arguments copied in, results copied out. All throw CallFailed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "owned.h"

namespace novalet {

using OptionalText = std::optional<std::string>;

struct Versions {
  unsigned long libvirt = 0;  // major * 1000000 + minor * 1000 + release, of the server's library
  unsigned long hypervisor = 0;
};

struct NodeInfo {
  std::string model;
  double memory_kib = 0;
  unsigned cpus = 0;
  unsigned mhz = 0;
  unsigned numa_nodes = 0;
  unsigned sockets = 0;
  unsigned cores = 0;
  unsigned threads = 0;
};

struct DomainState {
  int state = 0;
  int reason = 0;
};

struct ListedDomain {
  OwnedDomain domain;
  DomainState state;
};

struct ListedNetwork {
  OwnedNetwork network;
  bool active = false;
  bool persistent = false;
};

int SetKeepAlive(virConnectPtr connection, int interval_s, unsigned count);
std::string Hostname(virConnectPtr connection);
std::string ConnectionUri(virConnectPtr connection);
std::string Capabilities(virConnectPtr connection);
std::string DomainCapabilities(virConnectPtr connection, const OptionalText& emulator, const OptionalText& arch,
                               const OptionalText& machine, const OptionalText& virt_type);
Versions GetVersions(virConnectPtr connection);
NodeInfo GetNodeInfo(virConnectPtr connection);

OwnedDomain DefineDomain(virConnectPtr connection, const std::string& xml, unsigned flags);
OwnedDomain CreateDomain(virConnectPtr connection, const std::string& xml, unsigned flags);
OwnedDomain DomainByName(virConnectPtr connection, const std::string& name);
OwnedDomain DomainByUuid(virConnectPtr connection, const std::string& uuid);
/// All domains with their states, in one round trip where the driver can. `flags`: virConnectListAllDomainsFlags.
std::vector<ListedDomain> ListDomains(virConnectPtr connection, unsigned flags);

OwnedNetwork DefineNetwork(virConnectPtr connection, const std::string& xml, unsigned flags);
OwnedNetwork CreateNetwork(virConnectPtr connection, const std::string& xml, unsigned flags);
OwnedNetwork NetworkByName(virConnectPtr connection, const std::string& name);
OwnedNetwork NetworkByUuid(virConnectPtr connection, const std::string& uuid);
std::vector<ListedNetwork> ListNetworks(virConnectPtr connection, unsigned flags);

}  // namespace novalet
