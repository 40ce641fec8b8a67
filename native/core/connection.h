// One connection to libvirt: its workers, its handles, its subscriptions, and the order in which they go.
// Knows no JavaScript.
//
// Freeing the last reference to a connection speaks to the server and may block, so it always happens on a worker:
// while the connection is open it holds a reference of its own, and after Close the last worker out frees everything.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "events.h"
#include "owned.h"
#include "worker_pool.h"

namespace novalet {

/// A libvirt object that belongs to a connection and is let go with it.
class ConnectionItem {
 public:
  virtual ~ConnectionItem() = default;
  /// Gives the object away for good; called with the connection's lock held.
  virtual std::shared_ptr<void> GiveAway() = 0;
};

struct OpenRequest {
  std::string uri;
  bool read_only = false;
  int keep_alive_interval_s = 0;  // 0: no keep-alive
  unsigned keep_alive_count = 0;
};

/// Connects as the request says. On a thread that may block. Throws CallFailed.
OwnedConnect OpenServer(const OpenRequest& request);

class Connection {
 public:
  Connection(std::size_t max_workers, std::size_t max_queued);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // On any thread; none of these blocks.
  WorkerPool::Admission Submit(std::uint64_t ticket, std::function<void()> job);
  /// Refuses further calls and lets everything go on a worker, which then calls `done`. Returns the calls not begun.
  std::vector<std::uint64_t> Close(std::function<void()> done);
  /// A counted reference. Throws CallFailed when the connection is not open.
  OwnedConnect Borrow();
  /// How it was opened. Throws CallFailed when it is not open.
  OpenRequest Request();
  /// Open, and libvirt has not told that it was lost. Asks nobody, so it answers while every worker hangs.
  bool IsAlive();
  /// When it returns, the sink is not being called and never will be.
  void Unsubscribe(std::uint64_t number);

  // On a worker.
  void Open(const OpenRequest& request);
  /// Has the sink called for every domain event and for the loss of the connection. Returns the subscription's number.
  std::uint64_t Subscribe(std::shared_ptr<EventSink> sink);
  /// Whether libvirt knows the connection to be dead; false when it is closed or was never open.
  bool IsLost();

 private:
  template <typename T, typename Free, int (*Ref)(T*)>
  friend class Handle;
  friend class StreamHandle;
  class Relay;
  struct Remains;

  bool Adopt(ConnectionItem* item);
  void Disown(ConnectionItem* item);
  void RegisterOnce(virConnectPtr connection);

  std::mutex mutex_;
  bool closed_ = false;
  OwnedConnect anchor_;
  OpenRequest request_;
  std::unordered_set<ConnectionItem*> items_;
  const std::shared_ptr<Relay> relay_;
  std::uint64_t relay_number_ = 0;
  std::mutex registering_;      // held by workers only, while libvirt is asked for events
  std::vector<int> event_ids_;  // registered with the first subscription, until the connection goes
  WorkerPool pool_;  // last: stopped before what its jobs use
};

}  // namespace novalet
