// The calls themselves, on the test driver: every kind of result, and every kind of failure.
#include <libvirt/virterror.h>

#include "domain_calls.h"
#include "handle.h"
#include "harness.h"
#include "network_calls.h"

namespace novalet {

namespace {

const char kDomain[] =
    "<domain type='test'><name>nvt-check</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
    "<os><type>hvm</type></os></domain>";
const char kNetwork[] =
    "<network><name>nvt-check</name><bridge name='nvtcheck0'/>"
    "<ip address='10.77.0.1' netmask='255.255.255.0'><dhcp><range start='10.77.0.2' end='10.77.0.9'/></dhcp></ip>"
    "</network>";

Failure FailureOf(Connection& connection, const std::function<void()>& work) {
  try {
    Run(connection, work);
  } catch (const CallFailed& failed) {
    return failed.failure();
  }
  EXPECT(false);
  return Failure();
}

void CheckHost(virConnectPtr host) {
  EXPECT(!Hostname(host).empty());
  EXPECT(ConnectionUri(host) == "test:///default");
  EXPECT(Capabilities(host).find("<capabilities>") != std::string::npos);
  EXPECT(GetVersions(host).libvirt > 1000000);
  EXPECT(GetNodeInfo(host).cpus > 0);
  EXPECT(!ListDomains(host, 0).empty());
  EXPECT(!ListNetworks(host, 0).empty());
}

void CheckDomain(virConnectPtr host) {
  const OwnedDomain domain = DefineDomain(host, kDomain, 0);
  EXPECT(GetDomainState(domain.get()).state == VIR_DOMAIN_SHUTOFF);
  EXPECT(IsDomainPersistent(domain.get()));
  StartDomain(domain.get(), 0);
  SuspendDomain(domain.get());
  EXPECT(GetDomainState(domain.get()).state == VIR_DOMAIN_PAUSED);
  ResumeDomain(domain.get());
  EXPECT(GetDomainInfo(domain.get()).vcpus == 1);
  EXPECT(DomainXml(domain.get(), 0).find("nvt-check") != std::string::npos);
  SetMetadata(domain.get(), VIR_DOMAIN_METADATA_ELEMENT, "<a>b</a>", "n", "urn:nvt", VIR_DOMAIN_AFFECT_CURRENT);
  EXPECT(GetMetadata(domain.get(), VIR_DOMAIN_METADATA_ELEMENT, "urn:nvt", 0).find("b") != std::string::npos);
  SetMetadata(domain.get(), VIR_DOMAIN_METADATA_TITLE, "title", OptionalText(), OptionalText(), 0);
  EXPECT(InterfaceAddresses(domain.get(), VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE).empty());
  DestroyDomain(domain.get(), 0);
  UndefineDomain(domain.get(), 0);
}

void CheckNetwork(virConnectPtr host) {
  const OwnedNetwork network = DefineNetwork(host, kNetwork, 0);
  StartNetwork(network.get());
  EXPECT(IsNetworkActive(network.get()) && IsNetworkPersistent(network.get()));
  EXPECT(BridgeName(network.get()) == "nvtcheck0");
  SetNetworkAutostart(network.get(), true);
  EXPECT(NetworkAutostart(network.get()));
  EXPECT(NetworkXml(network.get(), 0).find("10.77.0.1") != std::string::npos);
  NetworkUpdate update;
  update.command = VIR_NETWORK_UPDATE_COMMAND_ADD_LAST;
  update.section = VIR_NETWORK_SECTION_IP_DHCP_HOST;
  update.xml = "<host mac='52:54:00:00:77:05' ip='10.77.0.5'/>";
  update.flags = VIR_NETWORK_UPDATE_AFFECT_LIVE;
  UpdateNetwork(network.get(), update);
  EXPECT(NetworkXml(network.get(), 0).find("10.77.0.5") != std::string::npos);
  DestroyNetwork(network.get());
  UndefineNetwork(network.get());
}

}  // namespace

void CheckCalls() {
  const auto connection = OpenTest();
  Run(*connection, [&] {
    const OwnedConnect host = connection->Borrow();
    CheckHost(host.get());
    CheckDomain(host.get());
    CheckNetwork(host.get());
  });
  CloseAndWait(*connection);
}

void CheckFaults() {
  const auto connection = OpenTest();
  const Failure missing = FailureOf(*connection, [&] { DomainByName(connection->Borrow().get(), "nvt-none"); });
  EXPECT(missing.source == Failure::Source::kLibvirt && missing.code == VIR_ERR_NO_DOMAIN);
  EXPECT(missing.level == VIR_ERR_ERROR && !missing.message.empty() && missing.begun);
  const Failure xml = FailureOf(*connection, [&] { DefineDomain(connection->Borrow().get(), "<domain", 0); });
  EXPECT(xml.code == VIR_ERR_XML_ERROR || xml.code == VIR_ERR_XML_DETAIL);
  const Failure agent = FailureOf(*connection, [&] {
    const OwnedConnect host = connection->Borrow();
    AgentCommand(DomainByName(host.get(), "test").get(), SecretText("{}"), 1, 0);
  });
  EXPECT(agent.code == VIR_ERR_NO_SUPPORT);
  EXPECT(!connection->IsLost() && connection->IsAlive());
  CloseAndWait(*connection);
  EXPECT(!connection->IsAlive());

  Connection nowhere(1, 1);
  const Failure unopened = FailureOf(nowhere, [&] { nowhere.Borrow(); });
  EXPECT(unopened.source == Failure::Source::kClosed);
  const Failure refused = FailureOf(nowhere, [&] {
    OpenRequest request;
    request.uri = "qemu+unix:///system?socket=/nonexistent/nvt";
    nowhere.Open(request);
  });
  EXPECT(refused.source == Failure::Source::kLibvirt && refused.system_errno != 0);
}

}  // namespace novalet
