// The calls of a domain's life on the test driver, as far as it has them.
#include <libvirt/virterror.h>
#include <unistd.h>

#include "block_calls.h"
#include "handle.h"
#include "harness.h"
#include "life_calls.h"
#include "snapshot_calls.h"
#include "stats_calls.h"

namespace novalet {

namespace {

template <typename Work>
int CodeOf(Work work) {
  try {
    work();
  } catch (const CallFailed& failed) {
    return failed.failure().code;
  }
  return VIR_ERR_OK;
}

void CheckSaving(virConnectPtr host, virDomainPtr domain) {
  ManagedSave(domain, 0);
  EXPECT(HasManagedSave(domain));
  RemoveManagedSave(domain);
  EXPECT(!HasManagedSave(domain));
  char path[] = "/tmp/nvt-check-XXXXXX";
  const int file = mkstemp(path);
  EXPECT(file >= 0);
  close(file);
  Check(virDomainCreate(domain));
  SaveDomain(domain, path, OptionalText(), 0);
  EXPECT(SaveImageXml(host, path, 0).find("<name>test</name>") != std::string::npos);
  DefineSaveImageXml(host, path, SaveImageXml(host, path, 0), 0);
  RestoreDomain(host, path, OptionalText(), 0);
  EXPECT(virDomainIsActive(domain) == 1);
  unlink(path);
}

void CheckSizes(virDomainPtr domain) {
  EXPECT(CountVcpus(domain, VIR_DOMAIN_VCPU_LIVE) > 0);
  SetVcpus(domain, 1, VIR_DOMAIN_VCPU_LIVE);
  EXPECT(CountVcpus(domain, VIR_DOMAIN_VCPU_LIVE) == 1);
  SetMemory(domain, 1024, VIR_DOMAIN_MEM_LIVE);
  SendKeys(domain, VIR_KEYCODE_SET_LINUX, 1, {30, 48});
  SetDomainTime(domain, 1, 2, 0);
  InjectNmi(domain);
  EXPECT(CodeOf([&] { MonitorCommand(domain, "{}"); }) != VIR_ERR_OK);
  EXPECT(CodeOf([&] { BlockResize(domain, "nothing", 1, 0); }) != VIR_ERR_OK);
  EXPECT(CodeOf([&] { BlockCopy(domain, "vda", "<disk/>", 1, 512, 1, 0); }) != VIR_ERR_OK);
  EXPECT(CodeOf([&] { GetBlockJob(domain, "vda", 0); }) != VIR_ERR_OK);
}

void CheckSnapshots(virDomainPtr domain) {
  EXPECT(CreateSnapshot(domain, "<domainsnapshot><name>one</name></domainsnapshot>", 0) == "one");
  EXPECT(CreateSnapshot(domain, "<domainsnapshot><name>two</name></domainsnapshot>", 0) == "two");
  EXPECT(SnapshotNames(domain, VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL) == (std::vector<std::string>{"one", "two"}));
  EXPECT(SnapshotXml(domain, "two", 0).find("one") != std::string::npos);
  RevertToSnapshot(domain, "one", 0);
  DeleteSnapshot(domain, "one", VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN);
  EXPECT(SnapshotNames(domain, 0).empty());
  EXPECT(CodeOf([&] { SnapshotXml(domain, "one", 0); }) == VIR_ERR_NO_DOMAIN_SNAPSHOT);
  EXPECT(CheckpointNames(domain, 0).empty());
  EXPECT(CodeOf([&] { CheckpointXml(domain, "one", 0); }) == VIR_ERR_NO_DOMAIN_CHECKPOINT);
}

void CheckParams() {
  ParamArray params;
  params.AddSize("size", 5);
  params.AddSize("none", 0);
  params.AddUnsigned("unsigned", 6);
  int capacity = params.count;
  Check(virTypedParamsAddString(&params.items, &params.count, &capacity, "text", "seven"));
  Check(virTypedParamsAddLLong(&params.items, &params.count, &capacity, "below", -8));
  Check(virTypedParamsAddBoolean(&params.items, &params.count, &capacity, "yes", 1));
  Check(virTypedParamsAddDouble(&params.items, &params.count, &capacity, "half", 0.5));
  const Params copy = params.Copy();
  EXPECT(copy.size() == 6 && copy[0].name == "size" && copy[1].name == "unsigned");
  EXPECT(std::get<unsigned long long>(copy[0].value) == 5);
  EXPECT(std::get<std::string>(copy[2].value) == "seven");
  EXPECT(std::get<long long>(copy[3].value) == -8);
  EXPECT(std::get<bool>(copy[4].value) && std::get<double>(copy[5].value) == 0.5);
}

}  // namespace

void CheckLife() {
  CheckParams();
  const auto connection = OpenTest();
  Run(*connection, [&] {
    const OwnedConnect host = connection->Borrow();
    const OwnedDomain domain = DomainByName(host.get(), "test");
    CheckSizes(domain.get());
    CheckSnapshots(domain.get());
    CheckSaving(host.get(), domain.get());
    EXPECT(!NodeCpuStats(host.get()).empty());
    EXPECT(FreeMemoryBytes(host.get()) > 0);
    EXPECT(CodeOf([&] { NodeMemoryStats(host.get()); }) == VIR_ERR_NO_SUPPORT);
    for (const DomainStats& stats : AllDomainStats(host.get(), VIR_DOMAIN_STATS_STATE, 0)) {
      EXPECT(!stats.name.empty() && stats.uuid.size() == 36 && !stats.values.empty());
    }
  });
  CloseAndWait(*connection);
}

}  // namespace novalet
