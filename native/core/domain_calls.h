// Calls on a domain: one libvirt call each, on a worker; arguments copied in, results copied out. Throw CallFailed.
#pragma once

#include <string>
#include <vector>

#include "host_calls.h"
#include "owned.h"
#include "secret_text.h"

namespace novalet {

struct DomainInfo {
  int state = 0;
  double max_memory_kib = 0;
  double memory_kib = 0;
  unsigned vcpus = 0;
  double cpu_time_ns = 0;
};

struct InterfaceAddress {
  int type = 0;  // virIPAddrType
  std::string address;
  unsigned prefix = 0;
};

struct GuestInterface {
  std::string name;
  OptionalText mac;
  std::vector<InterfaceAddress> addresses;
};

void StartDomain(virDomainPtr domain, unsigned flags);
std::string DomainXml(virDomainPtr domain, unsigned flags);
DomainState GetDomainState(virDomainPtr domain);
DomainInfo GetDomainInfo(virDomainPtr domain);
bool IsDomainPersistent(virDomainPtr domain);
void ShutdownDomain(virDomainPtr domain, unsigned flags);
void RebootDomain(virDomainPtr domain, unsigned flags);
void ResetDomain(virDomainPtr domain);
void DestroyDomain(virDomainPtr domain, unsigned flags);
void UndefineDomain(virDomainPtr domain, unsigned flags);
void SuspendDomain(virDomainPtr domain);
void ResumeDomain(virDomainPtr domain);
void SetDomainAutostart(virDomainPtr domain, bool autostart);
std::string GetMetadata(virDomainPtr domain, int type, const OptionalText& uri, unsigned flags);
void SetMetadata(virDomainPtr domain, int type, const OptionalText& text, const OptionalText& key,
                 const OptionalText& uri, unsigned flags);
/// The command's text is wiped from this process's copy afterwards: it may carry a password.
std::string AgentCommand(virDomainPtr domain, const SecretText& command, int timeout_s, unsigned flags);
void SetAgentResponseTimeout(virDomainPtr domain, int timeout_s);
void SetUserPassword(virDomainPtr domain, const std::string& user, const SecretText& password, unsigned flags);
std::vector<GuestInterface> InterfaceAddresses(virDomainPtr domain, unsigned source);
void AttachDevice(virDomainPtr domain, const std::string& xml, unsigned flags);
void DetachDevice(virDomainPtr domain, const std::string& xml, unsigned flags);
void UpdateDevice(virDomainPtr domain, const std::string& xml, unsigned flags);

}  // namespace novalet
