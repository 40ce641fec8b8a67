// Calls on the disks of a domain, and on the jobs that move their data. On a worker; one libvirt call each; arguments
// copied in, results copied out. Throw CallFailed.
#pragma once

#include <string>

#include "host_calls.h"
#include "owned.h"

namespace novalet {

struct BlockInfo {
  double capacity = 0;
  double allocation = 0;
  double physical = 0;
};

struct BlockJob {
  bool there = false;  // otherwise the disk has no job, and nothing else is set
  int type = 0;        // virDomainBlockJobType
  double bandwidth = 0;
  double current = 0;
  double end = 0;
};

void BlockResize(virDomainPtr domain, const std::string& disk, unsigned long long size, unsigned flags);
BlockInfo GetBlockInfo(virDomainPtr domain, const std::string& disk);
/// Zero for a figure: not said.
void BlockCopy(virDomainPtr domain, const std::string& disk, const std::string& destination,
               unsigned long long bandwidth, unsigned granularity, unsigned long long buffer_size, unsigned flags);
void BlockCommit(virDomainPtr domain, const std::string& disk, const OptionalText& base, const OptionalText& top,
                 unsigned long long bandwidth, unsigned flags);
void BlockRebase(virDomainPtr domain, const std::string& disk, const OptionalText& base, unsigned long long bandwidth,
                 unsigned flags);
BlockJob GetBlockJob(virDomainPtr domain, const std::string& disk, unsigned flags);
void AbortBlockJob(virDomainPtr domain, const std::string& disk, unsigned flags);

}  // namespace novalet
