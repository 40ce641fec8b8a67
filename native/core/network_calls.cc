#include "network_calls.h"

namespace novalet {

namespace {

OptionalText Copy(const char* text) { return text == nullptr ? OptionalText() : OptionalText(text); }

/// The array that virNetworkGetDHCPLeases gives out, and its items.
class LeaseList {
 public:
  LeaseList(virNetworkPtr network, const char* mac) {
    count_ = Check(virNetworkGetDHCPLeases(network, mac, &items_, 0));
  }
  LeaseList(const LeaseList&) = delete;
  LeaseList& operator=(const LeaseList&) = delete;
  ~LeaseList() {
    for (int i = 0; i < count_; i++) virNetworkDHCPLeaseFree(items_[i]);
    std::free(items_);
  }
  int count() const { return count_; }
  const virNetworkDHCPLease& at(int i) const { return *items_[i]; }

 private:
  virNetworkDHCPLeasePtr* items_ = nullptr;
  int count_ = 0;
};

}  // namespace

void StartNetwork(virNetworkPtr network) { Check(virNetworkCreate(network)); }

void DestroyNetwork(virNetworkPtr network) { Check(virNetworkDestroy(network)); }

void UndefineNetwork(virNetworkPtr network) { Check(virNetworkUndefine(network)); }

std::string NetworkXml(virNetworkPtr network, unsigned flags) { return TakeText(virNetworkGetXMLDesc(network, flags)); }

std::string BridgeName(virNetworkPtr network) { return TakeText(virNetworkGetBridgeName(network)); }

bool IsNetworkActive(virNetworkPtr network) { return Check(virNetworkIsActive(network)) == 1; }

bool IsNetworkPersistent(virNetworkPtr network) { return Check(virNetworkIsPersistent(network)) == 1; }

bool NetworkAutostart(virNetworkPtr network) {
  int autostart = 0;
  Check(virNetworkGetAutostart(network, &autostart));
  return autostart != 0;
}

void SetNetworkAutostart(virNetworkPtr network, bool autostart) {
  Check(virNetworkSetAutostart(network, autostart ? 1 : 0));
}

void UpdateNetwork(virNetworkPtr network, const NetworkUpdate& update) {
  Check(virNetworkUpdate(network, update.command, update.section, update.parent_index, update.xml.c_str(),
                         update.flags));
}

std::vector<DhcpLease> DhcpLeases(virNetworkPtr network, const OptionalText& mac) {
  const LeaseList list(network, mac ? mac->c_str() : nullptr);
  std::vector<DhcpLease> leases;
  for (int i = 0; i < list.count(); i++) {
    const virNetworkDHCPLease& raw = list.at(i);
    DhcpLease lease;
    lease.interface = raw.iface == nullptr ? "" : raw.iface;
    lease.expires_s = static_cast<double>(raw.expirytime);
    lease.type = raw.type;
    lease.mac = Copy(raw.mac);
    lease.iaid = Copy(raw.iaid);
    lease.address = raw.ipaddr == nullptr ? "" : raw.ipaddr;
    lease.prefix = raw.prefix;
    lease.hostname = Copy(raw.hostname);
    lease.client_id = Copy(raw.clientid);
    leases.push_back(std::move(lease));
  }
  return leases;
}

}  // namespace novalet
