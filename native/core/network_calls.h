// Calls on a network: one libvirt call each, on a worker; arguments copied in, results copied out. Throw CallFailed.
#pragma once

#include <string>
#include <vector>

#include "host_calls.h"
#include "owned.h"

namespace novalet {

struct DhcpLease {
  std::string interface;
  double expires_s = 0;  // since the epoch; 0: never
  int type = 0;          // virIPAddrType
  OptionalText mac;
  OptionalText iaid;
  std::string address;
  unsigned prefix = 0;
  OptionalText hostname;
  OptionalText client_id;
};

struct NetworkUpdate {
  unsigned command = 0;  // virNetworkUpdateCommand
  unsigned section = 0;  // virNetworkUpdateSection
  int parent_index = -1;
  std::string xml;
  unsigned flags = 0;
};

void StartNetwork(virNetworkPtr network);
void DestroyNetwork(virNetworkPtr network);
void UndefineNetwork(virNetworkPtr network);
std::string NetworkXml(virNetworkPtr network, unsigned flags);
std::string BridgeName(virNetworkPtr network);
bool IsNetworkActive(virNetworkPtr network);
bool IsNetworkPersistent(virNetworkPtr network);
bool NetworkAutostart(virNetworkPtr network);
void SetNetworkAutostart(virNetworkPtr network, bool autostart);
void UpdateNetwork(virNetworkPtr network, const NetworkUpdate& update);
std::vector<DhcpLease> DhcpLeases(virNetworkPtr network, const OptionalText& mac);

}  // namespace novalet
