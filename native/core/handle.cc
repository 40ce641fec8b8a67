#include "handle.h"

namespace novalet {

namespace {

std::string OrEmpty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

}  // namespace

std::shared_ptr<DomainHandle> Hold(std::shared_ptr<Connection> connection, OwnedDomain domain) {
  char uuid[VIR_UUID_STRING_BUFLEN] = "";
  Check(virDomainGetUUIDString(domain.get(), uuid));
  std::string name = OrEmpty(virDomainGetName(domain.get()));
  return std::make_shared<DomainHandle>(std::move(connection), std::move(domain), std::move(name), uuid);
}

std::shared_ptr<NetworkHandle> Hold(std::shared_ptr<Connection> connection, OwnedNetwork network) {
  char uuid[VIR_UUID_STRING_BUFLEN] = "";
  Check(virNetworkGetUUIDString(network.get(), uuid));
  std::string name = OrEmpty(virNetworkGetName(network.get()));
  return std::make_shared<NetworkHandle>(std::move(connection), std::move(network), std::move(name), uuid);
}

}  // namespace novalet
