#include "snapshot_calls.h"

namespace novalet {

namespace {

struct FreeSnapshot {
  void operator()(virDomainSnapshotPtr snapshot) const { virDomainSnapshotFree(snapshot); }
};
struct FreeCheckpoint {
  void operator()(virDomainCheckpointPtr checkpoint) const { virDomainCheckpointFree(checkpoint); }
};
using OwnedSnapshot = std::unique_ptr<virDomainSnapshot, FreeSnapshot>;
using OwnedCheckpoint = std::unique_ptr<virDomainCheckpoint, FreeCheckpoint>;

OwnedSnapshot FindSnapshot(virDomainPtr domain, const std::string& name) {
  return OwnedSnapshot(Check(virDomainSnapshotLookupByName(domain, name.c_str(), 0)));
}

OwnedCheckpoint FindCheckpoint(virDomainPtr domain, const std::string& name) {
  return OwnedCheckpoint(Check(virDomainCheckpointLookupByName(domain, name.c_str(), 0)));
}

/// The names of what a listing gave out, which is freed.
template <typename Owned, typename Item>
std::vector<std::string> TakeNames(Item* found, int count, const char* (*name_of)(Item)) {
  const std::unique_ptr<Item, FreeMemory> array(found);
  std::vector<Owned> owned;
  for (int i = 0; i < count; i++) owned.emplace_back(found[i]);
  std::vector<std::string> names;
  for (const Owned& item : owned) names.emplace_back(Check(name_of(item.get())));
  return names;
}

}  // namespace

std::string CreateSnapshot(virDomainPtr domain, const std::string& xml, unsigned flags) {
  const OwnedSnapshot made(Check(virDomainSnapshotCreateXML(domain, xml.c_str(), flags)));
  return Check(virDomainSnapshotGetName(made.get()));
}

std::vector<std::string> SnapshotNames(virDomainPtr domain, unsigned flags) {
  virDomainSnapshotPtr* found = nullptr;
  const int count = Check(virDomainListAllSnapshots(domain, &found, flags));
  return TakeNames<OwnedSnapshot>(found, count, virDomainSnapshotGetName);
}

std::string SnapshotXml(virDomainPtr domain, const std::string& name, unsigned flags) {
  return TakeText(virDomainSnapshotGetXMLDesc(FindSnapshot(domain, name).get(), flags));
}

void DeleteSnapshot(virDomainPtr domain, const std::string& name, unsigned flags) {
  Check(virDomainSnapshotDelete(FindSnapshot(domain, name).get(), flags));
}

void RevertToSnapshot(virDomainPtr domain, const std::string& name, unsigned flags) {
  Check(virDomainRevertToSnapshot(FindSnapshot(domain, name).get(), flags));
}

std::string CreateCheckpoint(virDomainPtr domain, const std::string& xml, unsigned flags) {
  const OwnedCheckpoint made(Check(virDomainCheckpointCreateXML(domain, xml.c_str(), flags)));
  return Check(virDomainCheckpointGetName(made.get()));
}

std::vector<std::string> CheckpointNames(virDomainPtr domain, unsigned flags) {
  virDomainCheckpointPtr* found = nullptr;
  const int count = Check(virDomainListAllCheckpoints(domain, &found, flags));
  return TakeNames<OwnedCheckpoint>(found, count, virDomainCheckpointGetName);
}

std::string CheckpointXml(virDomainPtr domain, const std::string& name, unsigned flags) {
  return TakeText(virDomainCheckpointGetXMLDesc(FindCheckpoint(domain, name).get(), flags));
}

void DeleteCheckpoint(virDomainPtr domain, const std::string& name, unsigned flags) {
  Check(virDomainCheckpointDelete(FindCheckpoint(domain, name).get(), flags));
}

}  // namespace novalet
