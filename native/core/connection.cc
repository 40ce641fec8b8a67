#include "connection.h"

#include <libvirt/virterror.h>

#include <unordered_map>
#include <utility>

#include "failure.h"

namespace novalet {

/// Passes events on to every subscription. libvirt takes one callback of a kind for a connection, so it is this one's.
class Connection::Relay final : public EventSink {
 public:
  std::uint64_t Add(std::shared_ptr<EventSink> sink) {
    const std::lock_guard<std::mutex> lock(mutex_);
    sinks_.emplace(++last_number_, std::move(sink));
    return last_number_;
  }

  void Remove(std::uint64_t number) {
    std::shared_ptr<EventSink> sink;  // outlives the lock
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = sinks_.find(number);
    if (found == sinks_.end()) return;
    sink = std::move(found->second);
    sinks_.erase(found);
  }

  void Deliver(Event event) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (event.kind == Event::Kind::kClosed) has_lost_ = true;
    for (const auto& entry : sinks_) entry.second->Deliver(event);
  }

  bool HasLost() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return has_lost_;
  }

 private:
  std::mutex mutex_;
  bool has_lost_ = false;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<EventSink>> sinks_;
};

namespace {

void OnClose(virConnectPtr, int reason, void* opaque) {
  const std::shared_ptr<EventSink> sink = EventTable::Find(opaque);
  if (sink == nullptr) return;
  Event event;
  event.kind = Event::Kind::kClosed;
  event.first = reason;
  sink->Deliver(std::move(event));
}

}  // namespace

/// What is left of a connection after Close, let go in the right order.
struct Connection::Remains {
  OwnedConnect anchor;
  std::vector<std::shared_ptr<void>> objects;
  std::vector<int> event_ids;
  std::uint64_t relay_number = 0;

  void LetGo() {
    if (relay_number != 0) {
      EventTable::Remove(relay_number);
      DeregisterDomainEvents(anchor.get(), event_ids);
      // The registration holds a reference to the connection. It is gone already when the connection was lost.
      virConnectUnregisterCloseCallback(anchor.get(), OnClose);
    }
    objects.clear();
    anchor.reset();
    virResetLastError();
  }
};

Connection::Connection(std::size_t max_workers, std::size_t max_queued)
    : relay_(std::make_shared<Relay>()), pool_(max_workers, max_queued) {}

Connection::~Connection() { Close(nullptr); }

WorkerPool::Admission Connection::Submit(std::uint64_t ticket, std::function<void()> job) {
  return pool_.Submit(ticket, std::move(job));
}

OwnedConnect OpenServer(const OpenRequest& request) {
  OwnedConnect opened(
      Check(virConnectOpenAuth(request.uri.c_str(), nullptr, request.read_only ? VIR_CONNECT_RO : 0)));
  if (request.keep_alive_interval_s > 0) {
    // Drivers that run in this process have nothing to keep alive and say so; that is no failure.
    virConnectSetKeepAlive(opened.get(), request.keep_alive_interval_s, request.keep_alive_count);
    virResetLastError();
  }
  return opened;
}

void Connection::Open(const OpenRequest& request) {
  StartEventLoop();
  OwnedConnect opened = OpenServer(request);
  const std::uint64_t number = EventTable::Add(relay_);
  if (virConnectRegisterCloseCallback(opened.get(), OnClose, EventTable::Opaque(number), nullptr) < 0) {
    EventTable::Remove(number);
    ThrowLibvirtError();
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!closed_) {
      anchor_ = std::move(opened);
      request_ = request;
      relay_number_ = number;
      return;
    }
  }
  EventTable::Remove(number);
  virConnectUnregisterCloseCallback(opened.get(), OnClose);
  throw CallFailed(ClosedFailure(true));
}

std::vector<std::uint64_t> Connection::Close(std::function<void()> done) {
  auto remains = std::make_shared<Remains>();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    remains->anchor = std::move(anchor_);
    for (ConnectionItem* item : items_) remains->objects.push_back(item->GiveAway());
    items_.clear();
    remains->event_ids.swap(event_ids_);
    remains->relay_number = std::exchange(relay_number_, 0);
  }
  return pool_.Stop([remains, done = std::move(done)] {
    remains->LetGo();
    if (done) done();
  });
}

OwnedConnect Connection::Borrow() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (anchor_ == nullptr) throw CallFailed(ClosedFailure(false));
  Check(virConnectRef(anchor_.get()));
  return OwnedConnect(anchor_.get());
}

OpenRequest Connection::Request() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (anchor_ == nullptr) throw CallFailed(ClosedFailure(false));
  return request_;
}

bool Connection::IsAlive() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return anchor_ != nullptr && !relay_->HasLost();
}

bool Connection::IsLost() {
  OwnedConnect connection;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (anchor_ == nullptr || virConnectRef(anchor_.get()) < 0) return false;
    connection.reset(anchor_.get());
  }
  return virConnectIsAlive(connection.get()) == 0;  // looks at the socket, asks nobody
}

bool Connection::Adopt(ConnectionItem* item) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return false;
  items_.insert(item);
  return true;
}

void Connection::Disown(ConnectionItem* item) {
  const std::lock_guard<std::mutex> lock(mutex_);
  items_.erase(item);
}

std::uint64_t Connection::Subscribe(std::shared_ptr<EventSink> sink) {
  const OwnedConnect connection = Borrow();
  const std::lock_guard<std::mutex> one_at_a_time(registering_);
  const std::uint64_t number = relay_->Add(std::move(sink));
  try {
    RegisterOnce(connection.get());
  } catch (const CallFailed&) {
    relay_->Remove(number);
    throw;
  }
  return number;
}

void Connection::RegisterOnce(virConnectPtr connection) {
  std::uint64_t relay_number = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) throw CallFailed(ClosedFailure(false));
    if (!event_ids_.empty()) return;
    relay_number = relay_number_;
  }
  const std::vector<int> ids = RegisterDomainEvents(connection, relay_number);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!closed_) {
      event_ids_ = ids;
      return;
    }
  }
  DeregisterDomainEvents(connection, ids);
  throw CallFailed(ClosedFailure(true));
}

void Connection::Unsubscribe(std::uint64_t number) { relay_->Remove(number); }

}  // namespace novalet
