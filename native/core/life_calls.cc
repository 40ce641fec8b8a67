#include "life_calls.h"

#include <libvirt/libvirt-qemu.h>

namespace novalet {

namespace {

const char* OrNull(const OptionalText& text) { return text ? text->c_str() : nullptr; }

}  // namespace

void ManagedSave(virDomainPtr domain, unsigned flags) { Check(virDomainManagedSave(domain, flags)); }

bool HasManagedSave(virDomainPtr domain) { return Check(virDomainHasManagedSaveImage(domain, 0)) == 1; }

void RemoveManagedSave(virDomainPtr domain) { Check(virDomainManagedSaveRemove(domain, 0)); }

void SaveDomain(virDomainPtr domain, const std::string& path, const OptionalText& xml, unsigned flags) {
  Check(virDomainSaveFlags(domain, path.c_str(), OrNull(xml), flags));
}

void RestoreDomain(virConnectPtr connection, const std::string& path, const OptionalText& xml, unsigned flags) {
  Check(virDomainRestoreFlags(connection, path.c_str(), OrNull(xml), flags));
}

std::string SaveImageXml(virConnectPtr connection, const std::string& path, unsigned flags) {
  return TakeText(virDomainSaveImageGetXMLDesc(connection, path.c_str(), flags));
}

void DefineSaveImageXml(virConnectPtr connection, const std::string& path, const std::string& xml, unsigned flags) {
  Check(virDomainSaveImageDefineXML(connection, path.c_str(), xml.c_str(), flags));
}

void SetDomainTime(virDomainPtr domain, long long seconds, unsigned nanoseconds, unsigned flags) {
  Check(virDomainSetTime(domain, seconds, nanoseconds, flags));
}

void SetVcpus(virDomainPtr domain, unsigned count, unsigned flags) {
  Check(virDomainSetVcpusFlags(domain, count, flags));
}

int CountVcpus(virDomainPtr domain, unsigned flags) { return Check(virDomainGetVcpusFlags(domain, flags)); }

void SetMemory(virDomainPtr domain, unsigned long long kib, unsigned flags) {
  Check(virDomainSetMemoryFlags(domain, static_cast<unsigned long>(kib), flags));
}

void DetachDeviceAlias(virDomainPtr domain, const std::string& alias, unsigned flags) {
  Check(virDomainDetachDeviceAlias(domain, alias.c_str(), flags));
}

void PmWakeup(virDomainPtr domain) { Check(virDomainPMWakeup(domain, 0)); }

void InjectNmi(virDomainPtr domain) { Check(virDomainInjectNMI(domain, 0)); }

void SendKeys(virDomainPtr domain, unsigned codeset, unsigned hold_ms, const std::vector<unsigned>& codes) {
  std::vector<unsigned> copy(codes);  // libvirt's parameter is not const
  Check(virDomainSendKey(domain, codeset, hold_ms, copy.data(), static_cast<int>(copy.size()), 0));
}

std::string MonitorCommand(virDomainPtr domain, const std::string& command) {
  char* reply = nullptr;
  Check(virDomainQemuMonitorCommand(domain, command.c_str(), &reply, 0));
  return TakeText(reply);
}

void AbortJob(virDomainPtr domain) { Check(virDomainAbortJob(domain)); }

JobStats GetJobStats(virDomainPtr domain, unsigned flags) {
  JobStats stats;
  ParamArray params;
  Check(virDomainGetJobStats(domain, &stats.type, &params.items, &params.count, flags));
  stats.params = params.Copy();
  return stats;
}

void BeginBackup(virDomainPtr domain, const std::string& backup, const OptionalText& checkpoint, unsigned flags) {
  Check(virDomainBackupBegin(domain, backup.c_str(), OrNull(checkpoint), flags));
}

std::string BackupXml(virDomainPtr domain) { return TakeText(virDomainBackupGetXMLDesc(domain, 0)); }

}  // namespace novalet
