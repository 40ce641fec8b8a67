#include "events.h"

#include <chrono>
#include <mutex>
#include <thread>

#include "failure.h"
#include "worker_pool.h"

namespace novalet {

namespace {

[[noreturn]] void RunEventLoop() {
  // A failing poll would otherwise spin; libvirt has recorded the reason, and there is nobody to tell it to.
  while (true) {
    if (virEventRunDefaultImpl() < 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

void DeliverDomainEvent(virDomainPtr domain, const void* opaque, Event event) {
  const std::shared_ptr<EventSink> sink = EventTable::Find(opaque);
  if (sink == nullptr) return;
  char uuid[VIR_UUID_STRING_BUFLEN] = "";
  const char* name = virDomainGetName(domain);
  virDomainGetUUIDString(domain, uuid);
  event.name = name == nullptr ? "" : name;
  event.uuid = uuid;
  sink->Deliver(std::move(event));
}

int OnLifecycle(virConnectPtr, virDomainPtr domain, int what, int detail, void* opaque) {
  Event event;
  event.first = what;
  event.second = detail;
  DeliverDomainEvent(domain, opaque, std::move(event));
  return 0;
}

void OnReboot(virConnectPtr, virDomainPtr domain, void* opaque) {
  Event event;
  event.kind = Event::Kind::kReboot;
  DeliverDomainEvent(domain, opaque, std::move(event));
}

std::string OrEmpty(const char* text) { return text == nullptr ? std::string() : std::string(text); }

template <Event::Kind kKind>
void OnDevice(virConnectPtr, virDomainPtr domain, const char* alias, void* opaque) {
  Event event;
  event.kind = kKind;
  event.alias = OrEmpty(alias);
  DeliverDomainEvent(domain, opaque, std::move(event));
}

void OnBlockJob(virConnectPtr, virDomainPtr domain, const char* disk, int type, int status, void* opaque) {
  Event event;
  event.kind = Event::Kind::kBlockJob;
  event.alias = OrEmpty(disk);
  event.first = type;
  event.second = status;
  DeliverDomainEvent(domain, opaque, std::move(event));
}

void OnJobCompleted(virConnectPtr, virDomainPtr domain, virTypedParameterPtr params, int count, void* opaque) {
  Event event;
  event.kind = Event::Kind::kJobCompleted;
  event.params = CopyParams(params, count);
  DeliverDomainEvent(domain, opaque, std::move(event));
}

void OnWatchdog(virConnectPtr, virDomainPtr domain, int action, void* opaque) {
  Event event;
  event.kind = Event::Kind::kWatchdog;
  event.first = action;
  DeliverDomainEvent(domain, opaque, std::move(event));
}

void OnIoError(virConnectPtr, virDomainPtr domain, const char*, const char* alias, int action, const char* reason,
               void* opaque) {
  Event event;
  event.kind = Event::Kind::kIoError;
  event.alias = OrEmpty(alias);
  event.first = action;
  event.text = OrEmpty(reason);
  DeliverDomainEvent(domain, opaque, std::move(event));
}

void OnControlError(virConnectPtr, virDomainPtr domain, void* opaque) {
  Event event;
  event.kind = Event::Kind::kControlError;
  DeliverDomainEvent(domain, opaque, std::move(event));
}

void OnTrayChange(virConnectPtr, virDomainPtr domain, const char* alias, int change, void* opaque) {
  Event event;
  event.kind = Event::Kind::kTrayChange;
  event.alias = OrEmpty(alias);
  event.first = change;
  DeliverDomainEvent(domain, opaque, std::move(event));
}

void OnAgentLifecycle(virConnectPtr, virDomainPtr domain, int state, int reason, void* opaque) {
  Event event;
  event.kind = Event::Kind::kAgentLifecycle;
  event.first = state;
  event.second = reason;
  DeliverDomainEvent(domain, opaque, std::move(event));
}

}  // namespace

void StartEventLoop() {
  static std::once_flag once;  // not set when the call throws, so that the next connection tries again
  std::call_once(once, [] {
    Check(virInitialize());
    SilenceLibvirt();
    Check(virEventRegisterDefaultImpl());
    StartThread("libvirt-events", RunEventLoop);
  });
}

std::vector<int> RegisterDomainEvents(virConnectPtr connection, std::uint64_t number) {
  const struct {
    int event;
    virConnectDomainEventGenericCallback callback;
  } wanted[] = {
      {VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(OnLifecycle)},
      {VIR_DOMAIN_EVENT_ID_REBOOT, VIR_DOMAIN_EVENT_CALLBACK(OnReboot)},
      {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK(OnDevice<Event::Kind::kDeviceRemoved>)},
      {VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(OnAgentLifecycle)},
      {VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, VIR_DOMAIN_EVENT_CALLBACK(OnDevice<Event::Kind::kDeviceAdded>)},
      {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
       VIR_DOMAIN_EVENT_CALLBACK(OnDevice<Event::Kind::kDeviceRemovalFailed>)},
      {VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, VIR_DOMAIN_EVENT_CALLBACK(OnBlockJob)},
      {VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, VIR_DOMAIN_EVENT_CALLBACK(OnJobCompleted)},
      {VIR_DOMAIN_EVENT_ID_WATCHDOG, VIR_DOMAIN_EVENT_CALLBACK(OnWatchdog)},
      {VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, VIR_DOMAIN_EVENT_CALLBACK(OnIoError)},
      {VIR_DOMAIN_EVENT_ID_CONTROL_ERROR, VIR_DOMAIN_EVENT_CALLBACK(OnControlError)},
      {VIR_DOMAIN_EVENT_ID_TRAY_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(OnTrayChange)},
  };
  std::vector<int> ids;
  try {
    for (const auto& entry : wanted) {
      ids.push_back(Check(virConnectDomainEventRegisterAny(connection, nullptr, entry.event, entry.callback,
                                                           EventTable::Opaque(number), nullptr)));
    }
  } catch (const CallFailed&) {
    DeregisterDomainEvents(connection, ids);
    throw;
  }
  return ids;
}

void DeregisterDomainEvents(virConnectPtr connection, const std::vector<int>& ids) {
  for (const int id : ids) virConnectDomainEventDeregisterAny(connection, id);
}

}  // namespace novalet
