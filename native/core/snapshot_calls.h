// Calls on the snapshots and checkpoints of a domain, by name: the look-up, and one libvirt call. On a worker; arguments
// copied in, results copied out. Throw CallFailed.
#pragma once

#include <string>
#include <vector>

#include "owned.h"

namespace novalet {

/// Gives the name of what was made.
std::string CreateSnapshot(virDomainPtr domain, const std::string& xml, unsigned flags);
std::vector<std::string> SnapshotNames(virDomainPtr domain, unsigned flags);
std::string SnapshotXml(virDomainPtr domain, const std::string& name, unsigned flags);
void DeleteSnapshot(virDomainPtr domain, const std::string& name, unsigned flags);
void RevertToSnapshot(virDomainPtr domain, const std::string& name, unsigned flags);

std::string CreateCheckpoint(virDomainPtr domain, const std::string& xml, unsigned flags);
std::vector<std::string> CheckpointNames(virDomainPtr domain, unsigned flags);
std::string CheckpointXml(virDomainPtr domain, const std::string& name, unsigned flags);
void DeleteCheckpoint(virDomainPtr domain, const std::string& name, unsigned flags);

}  // namespace novalet
