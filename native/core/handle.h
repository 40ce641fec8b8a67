// A domain or network as a value that others may hold: it keeps its connection, and lets go of libvirt's object
// when the connection closes or when nobody needs it, whichever comes first.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "connection.h"

namespace novalet {

template <typename T, typename Free, int (*Ref)(T*)>
class Handle final : public ConnectionItem {
 public:
  using Owned = std::unique_ptr<T, Free>;

  /// On a worker: when the connection has closed meanwhile, the object is freed here.
  Handle(std::shared_ptr<Connection> connection, Owned object, std::string name, std::string uuid)
      : name_(std::move(name)), uuid_(std::move(uuid)), connection_(std::move(connection)), object_(std::move(object)) {
    if (!connection_->Adopt(this)) object_.reset();
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  ~Handle() override {
    const std::lock_guard<std::mutex> lock(connection_->mutex_);
    connection_->items_.erase(this);
    object_.reset();  // under the lock, where the connection still has its own reference: nothing blocks
  }

  /// A counted reference. Throws CallFailed when the connection has closed.
  Owned Borrow() const {
    const std::lock_guard<std::mutex> lock(connection_->mutex_);
    if (object_ == nullptr) throw CallFailed(ClosedFailure(false));
    Check(Ref(object_.get()));
    return Owned(object_.get());
  }

  std::shared_ptr<void> GiveAway() override { return std::move(object_); }

  const std::string& name() const { return name_; }
  const std::string& uuid() const { return uuid_; }
  const std::shared_ptr<Connection>& connection() const { return connection_; }

 private:
  const std::string name_;
  const std::string uuid_;
  const std::shared_ptr<Connection> connection_;
  Owned object_;
};

using DomainHandle = Handle<virDomain, FreeDomain, virDomainRef>;
using NetworkHandle = Handle<virNetwork, FreeNetwork, virNetworkRef>;

std::shared_ptr<DomainHandle> Hold(std::shared_ptr<Connection> connection, OwnedDomain domain);
std::shared_ptr<NetworkHandle> Hold(std::shared_ptr<Connection> connection, OwnedNetwork network);

}  // namespace novalet
