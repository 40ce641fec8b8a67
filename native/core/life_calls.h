// Calls on a domain in the course of its life: saving, sizes, clock, keys and the one job. On a worker; one libvirt call
// each; arguments copied in, results copied out. Throw CallFailed.
#pragma once

#include <string>
#include <vector>

#include "host_calls.h"
#include "owned.h"
#include "params.h"

namespace novalet {

struct JobStats {
  int type = 0;  // virDomainJobType
  Params params;
};

void ManagedSave(virDomainPtr domain, unsigned flags);
bool HasManagedSave(virDomainPtr domain);
void RemoveManagedSave(virDomainPtr domain);
void SaveDomain(virDomainPtr domain, const std::string& path, const OptionalText& xml, unsigned flags);
void RestoreDomain(virConnectPtr connection, const std::string& path, const OptionalText& xml, unsigned flags);
std::string SaveImageXml(virConnectPtr connection, const std::string& path, unsigned flags);
void DefineSaveImageXml(virConnectPtr connection, const std::string& path, const std::string& xml, unsigned flags);

void SetDomainTime(virDomainPtr domain, long long seconds, unsigned nanoseconds, unsigned flags);
void SetVcpus(virDomainPtr domain, unsigned count, unsigned flags);
int CountVcpus(virDomainPtr domain, unsigned flags);
void SetMemory(virDomainPtr domain, unsigned long long kib, unsigned flags);
void DetachDeviceAlias(virDomainPtr domain, const std::string& alias, unsigned flags);
void PmWakeup(virDomainPtr domain);
void InjectNmi(virDomainPtr domain);
void SendKeys(virDomainPtr domain, unsigned codeset, unsigned hold_ms, const std::vector<unsigned>& codes);
std::string MonitorCommand(virDomainPtr domain, const std::string& command);

void AbortJob(virDomainPtr domain);
JobStats GetJobStats(virDomainPtr domain, unsigned flags);
void BeginBackup(virDomainPtr domain, const std::string& backup, const OptionalText& checkpoint, unsigned flags);
std::string BackupXml(virDomainPtr domain);

}  // namespace novalet
