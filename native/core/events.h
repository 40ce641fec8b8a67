// libvirt's events: the one thread that runs its event loop, and the table from callback numbers to sinks.
// Knows no JavaScript. A sink is called on a thread of libvirt's choosing and must neither block nor call libvirt.
#pragma once

#include <libvirt/libvirt.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "number_table.h"
#include "params.h"

namespace novalet {

struct Event {
  enum class Kind {
    kLifecycle,
    kReboot,
    kDeviceRemoved,
    kAgentLifecycle,
    kClosed,
    kDeviceAdded,
    kDeviceRemovalFailed,
    kBlockJob,
    kJobCompleted,
    kWatchdog,
    kIoError,
    kControlError,
    kTrayChange
  };

  Kind kind = Kind::kLifecycle;
  std::string name;   // of the domain; empty for kClosed
  std::string uuid;
  int first = 0;      // lifecycle: event; agent: state; closed: reason; block job: type; others: action or change
  int second = 0;     // lifecycle: detail; agent: reason; block job: status
  std::string alias;  // of the device; kBlockJob: the disk's target
  std::string text;   // kIoError: the reason
  Params params;      // kJobCompleted
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Deliver(Event event) = 0;
};

/// Initialises libvirt and starts the event thread; once per process, before the first connection. Throws CallFailed.
void StartEventLoop();

using EventTable = NumberTable<EventSink>;

/// Registers for the domain events of a connection; returns libvirt's callback ids. Throws CallFailed, leaving nothing.
std::vector<int> RegisterDomainEvents(virConnectPtr connection, std::uint64_t number);

/// Takes registrations back; a dead connection has forgotten them itself, so failures mean nothing.
void DeregisterDomainEvents(virConnectPtr connection, const std::vector<int>& ids);

}  // namespace novalet
