#include "block_calls.h"

#include "params.h"

namespace novalet {

namespace {

const char* OrNull(const OptionalText& text) { return text ? text->c_str() : nullptr; }

}  // namespace

void BlockResize(virDomainPtr domain, const std::string& disk, unsigned long long size, unsigned flags) {
  Check(virDomainBlockResize(domain, disk.c_str(), size, flags));
}

BlockInfo GetBlockInfo(virDomainPtr domain, const std::string& disk) {
  virDomainBlockInfo raw;
  Check(virDomainGetBlockInfo(domain, disk.c_str(), &raw, 0));
  BlockInfo info;
  info.capacity = static_cast<double>(raw.capacity);
  info.allocation = static_cast<double>(raw.allocation);
  info.physical = static_cast<double>(raw.physical);
  return info;
}

void BlockCopy(virDomainPtr domain, const std::string& disk, const std::string& destination,
               unsigned long long bandwidth, unsigned granularity, unsigned long long buffer_size, unsigned flags) {
  ParamArray params;
  params.AddSize(VIR_DOMAIN_BLOCK_COPY_BANDWIDTH, bandwidth);
  params.AddUnsigned(VIR_DOMAIN_BLOCK_COPY_GRANULARITY, granularity);
  params.AddSize(VIR_DOMAIN_BLOCK_COPY_BUF_SIZE, buffer_size);
  Check(virDomainBlockCopy(domain, disk.c_str(), destination.c_str(), params.items, params.count, flags));
}

void BlockCommit(virDomainPtr domain, const std::string& disk, const OptionalText& base, const OptionalText& top,
                 unsigned long long bandwidth, unsigned flags) {
  Check(virDomainBlockCommit(domain, disk.c_str(), OrNull(base), OrNull(top), static_cast<unsigned long>(bandwidth),
                             flags));
}

void BlockRebase(virDomainPtr domain, const std::string& disk, const OptionalText& base, unsigned long long bandwidth,
                 unsigned flags) {
  Check(virDomainBlockRebase(domain, disk.c_str(), OrNull(base), static_cast<unsigned long>(bandwidth), flags));
}

BlockJob GetBlockJob(virDomainPtr domain, const std::string& disk, unsigned flags) {
  virDomainBlockJobInfo raw;
  BlockJob job;
  job.there = Check(virDomainGetBlockJobInfo(domain, disk.c_str(), &raw, flags)) == 1;
  if (!job.there) return job;
  job.type = raw.type;
  job.bandwidth = static_cast<double>(raw.bandwidth);
  job.current = static_cast<double>(raw.cur);
  job.end = static_cast<double>(raw.end);
  return job;
}

void AbortBlockJob(virDomainPtr domain, const std::string& disk, unsigned flags) {
  Check(virDomainBlockJobAbort(domain, disk.c_str(), flags));
}

}  // namespace novalet
