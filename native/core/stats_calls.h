// Figures of domains and of the host. On a worker; arguments copied in, results copied out. Throw CallFailed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "owned.h"
#include "params.h"

namespace novalet {

struct DomainStats {
  std::string name;
  std::string uuid;
  Params values;
};

/// Names and values that need not be exact to the last of 64 bits.
using Figures = std::vector<std::pair<std::string, double>>;

std::vector<DomainStats> AllDomainStats(virConnectPtr connection, unsigned groups, unsigned flags);
/// Of these domains, which must be of one connection; there must be one.
std::vector<DomainStats> ListDomainStats(const std::vector<OwnedDomain>& domains, unsigned groups, unsigned flags);
Figures NodeCpuStats(virConnectPtr connection);
Figures NodeMemoryStats(virConnectPtr connection);
double FreeMemoryBytes(virConnectPtr connection);

}  // namespace novalet
