// Owning pointers for what libvirt gives out: freed once, by the right function.
#pragma once

#include <libvirt/libvirt.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "failure.h"

namespace novalet {

struct FreeConnect {
  void operator()(virConnectPtr connection) const { virConnectClose(connection); }
};
struct FreeDomain {
  void operator()(virDomainPtr domain) const { virDomainFree(domain); }
};
struct FreeNetwork {
  void operator()(virNetworkPtr network) const { virNetworkFree(network); }
};
struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};

using OwnedConnect = std::unique_ptr<virConnect, FreeConnect>;
using OwnedDomain = std::unique_ptr<virDomain, FreeDomain>;
using OwnedNetwork = std::unique_ptr<virNetwork, FreeNetwork>;
using OwnedChars = std::unique_ptr<char, FreeMemory>;

/// Copies a string that the caller must free, and frees it; throws libvirt's error when it is null.
inline std::string TakeText(char* text) {
  const OwnedChars owned(Check(text));
  return std::string(owned.get());
}

}  // namespace novalet
