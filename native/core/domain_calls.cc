#include "domain_calls.h"

#include <libvirt/libvirt-qemu.h>

namespace novalet {

namespace {

const char* OrNull(const OptionalText& text) { return text ? text->c_str() : nullptr; }

/// The array that virDomainInterfaceAddresses gives out, and its items.
class InterfaceList {
 public:
  InterfaceList(virDomainPtr domain, unsigned source) {
    count_ = Check(virDomainInterfaceAddresses(domain, &items_, source, 0));
  }
  InterfaceList(const InterfaceList&) = delete;
  InterfaceList& operator=(const InterfaceList&) = delete;
  ~InterfaceList() {
    for (int i = 0; i < count_; i++) virDomainInterfaceFree(items_[i]);
    std::free(items_);
  }
  int count() const { return count_; }
  const virDomainInterface& at(int i) const { return *items_[i]; }

 private:
  virDomainInterfacePtr* items_ = nullptr;
  int count_ = 0;
};

std::string OrEmpty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

}  // namespace

void StartDomain(virDomainPtr domain, unsigned flags) { Check(virDomainCreateWithFlags(domain, flags)); }

std::string DomainXml(virDomainPtr domain, unsigned flags) { return TakeText(virDomainGetXMLDesc(domain, flags)); }

DomainState GetDomainState(virDomainPtr domain) {
  DomainState state;
  Check(virDomainGetState(domain, &state.state, &state.reason, 0));
  return state;
}

DomainInfo GetDomainInfo(virDomainPtr domain) {
  virDomainInfo raw;
  Check(virDomainGetInfo(domain, &raw));
  DomainInfo info;
  info.state = raw.state;
  info.max_memory_kib = static_cast<double>(raw.maxMem);
  info.memory_kib = static_cast<double>(raw.memory);
  info.vcpus = raw.nrVirtCpu;
  info.cpu_time_ns = static_cast<double>(raw.cpuTime);
  return info;
}

bool IsDomainPersistent(virDomainPtr domain) { return Check(virDomainIsPersistent(domain)) == 1; }

void ShutdownDomain(virDomainPtr domain, unsigned flags) { Check(virDomainShutdownFlags(domain, flags)); }

void RebootDomain(virDomainPtr domain, unsigned flags) { Check(virDomainReboot(domain, flags)); }

void ResetDomain(virDomainPtr domain) { Check(virDomainReset(domain, 0)); }

void DestroyDomain(virDomainPtr domain, unsigned flags) { Check(virDomainDestroyFlags(domain, flags)); }

void UndefineDomain(virDomainPtr domain, unsigned flags) { Check(virDomainUndefineFlags(domain, flags)); }

void SuspendDomain(virDomainPtr domain) { Check(virDomainSuspend(domain)); }

void ResumeDomain(virDomainPtr domain) { Check(virDomainResume(domain)); }

void SetDomainAutostart(virDomainPtr domain, bool autostart) {
  Check(virDomainSetAutostart(domain, autostart ? 1 : 0));
}

std::string GetMetadata(virDomainPtr domain, int type, const OptionalText& uri, unsigned flags) {
  return TakeText(virDomainGetMetadata(domain, type, OrNull(uri), flags));
}

void SetMetadata(virDomainPtr domain, int type, const OptionalText& text, const OptionalText& key,
                 const OptionalText& uri, unsigned flags) {
  Check(virDomainSetMetadata(domain, type, OrNull(text), OrNull(key), OrNull(uri), flags));
}

std::string AgentCommand(virDomainPtr domain, const SecretText& command, int timeout_s, unsigned flags) {
  return TakeText(virDomainQemuAgentCommand(domain, command.c_str(), timeout_s, flags));
}

void SetAgentResponseTimeout(virDomainPtr domain, int timeout_s) {
  Check(virDomainAgentSetResponseTimeout(domain, timeout_s, 0));
}

void SetUserPassword(virDomainPtr domain, const std::string& user, const SecretText& password, unsigned flags) {
  Check(virDomainSetUserPassword(domain, user.c_str(), password.c_str(), flags));
}

std::vector<GuestInterface> InterfaceAddresses(virDomainPtr domain, unsigned source) {
  const InterfaceList list(domain, source);
  std::vector<GuestInterface> interfaces;
  for (int i = 0; i < list.count(); i++) {
    const virDomainInterface& raw = list.at(i);
    GuestInterface entry;
    entry.name = OrEmpty(raw.name);
    if (raw.hwaddr != nullptr) entry.mac = raw.hwaddr;
    for (unsigned j = 0; j < raw.naddrs; j++) {
      entry.addresses.push_back({raw.addrs[j].type, OrEmpty(raw.addrs[j].addr), raw.addrs[j].prefix});
    }
    interfaces.push_back(std::move(entry));
  }
  return interfaces;
}

void AttachDevice(virDomainPtr domain, const std::string& xml, unsigned flags) {
  Check(virDomainAttachDeviceFlags(domain, xml.c_str(), flags));
}

void DetachDevice(virDomainPtr domain, const std::string& xml, unsigned flags) {
  Check(virDomainDetachDeviceFlags(domain, xml.c_str(), flags));
}

void UpdateDevice(virDomainPtr domain, const std::string& xml, unsigned flags) {
  Check(virDomainUpdateDeviceFlags(domain, xml.c_str(), flags));
}

}  // namespace novalet
