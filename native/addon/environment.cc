#include "environment.h"

#include <algorithm>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace novalet {

namespace {

constexpr int kMaxUnheard = 4096;

}  // namespace

/// Carries events of one subscription to its function; a function that does not keep up loses events and is told so.
class JsSink final : public EventSink, public std::enable_shared_from_this<JsSink> {
 public:
  JsSink(std::shared_ptr<Mailbox> mailbox, std::uint64_t number) : mailbox_(std::move(mailbox)), number_(number) {}

  void Deliver(Event event) override {
    if (unheard_.fetch_add(1) >= kMaxUnheard && event.kind != Event::Kind::kClosed) {
      unheard_.fetch_sub(1);
      lost_.store(true);
      return;
    }
    mailbox_->Post([self = shared_from_this(), event = std::move(event)](Environment& environment) {
      self->unheard_.fetch_sub(1);
      environment.Hear(self->number_, event, self->lost_.exchange(false));
    });
  }

  std::atomic<std::uint64_t> core_number{0};

 private:
  const std::shared_ptr<Mailbox> mailbox_;
  const std::uint64_t number_;
  std::atomic<int> unheard_{0};
  std::atomic<bool> lost_{false};
};

Environment::Environment(Napi::Env env) : env_(env), mailbox_(std::make_shared<Mailbox>(env)) {
  // Added after the mailbox's own hook, so it runs before it.
  napi_add_env_cleanup_hook(
      env, [](void* data) { static_cast<Environment*>(data)->TearDown(); }, this);
}

void Environment::TearDown() {
  mailbox_->Close();
  for (const auto& weak : connections_) {
    if (const std::shared_ptr<Connection> connection = weak.lock()) connection->Close(nullptr);
  }
  connections_.clear();
}

void Environment::Register(const std::shared_ptr<Connection>& connection) {
  const auto gone = [](const std::weak_ptr<Connection>& weak) { return weak.expired(); };
  connections_.erase(std::remove_if(connections_.begin(), connections_.end(), gone), connections_.end());
  connections_.push_back(connection);
}

Napi::Value Environment::Begin(std::uint64_t ticket, const std::shared_ptr<Connection>& connection,
                               std::function<void()> job) {
  Napi::Promise::Deferred deferred(env_);
  std::optional<Failure> refused;
  try {
    switch (connection->Submit(ticket, std::move(job))) {
      case WorkerPool::Admission::kAccepted: break;
      case WorkerPool::Admission::kFull: refused = FullFailure(); break;
      case WorkerPool::Admission::kStopped: refused = ClosedFailure(false); break;
    }
  } catch (const std::system_error& error) {
    refused = DefectFailure(error.what());
  }
  if (refused) {
    deferred.Reject(FailureToJs(env_, *refused));
  } else {
    pending_.emplace(ticket, Pending{deferred, connection.get()});
    KeepProcess();
  }
  return deferred.Promise();
}

Napi::Promise Environment::Await(std::uint64_t ticket, const std::shared_ptr<Connection>& connection) {
  Napi::Promise::Deferred deferred(env_);
  pending_.emplace(ticket, Pending{deferred, connection.get()});
  KeepProcess();
  return deferred.Promise();
}

void Environment::Settle(std::uint64_t ticket, const Failure* failure, const std::function<Napi::Value()>& value) {
  const auto found = pending_.find(ticket);
  if (found == pending_.end()) return;  // failed by Close
  const Napi::Promise::Deferred deferred = found->second.deferred;
  pending_.erase(found);
  KeepProcess();
  if (failure == nullptr) deferred.Resolve(value());
  else deferred.Reject(FailureToJs(env_, *failure));
}

Napi::Value Environment::Close(const std::shared_ptr<Connection>& connection) {
  const std::uint64_t ticket = next_++;
  Napi::Promise::Deferred deferred(env_);
  closing_.emplace(ticket, deferred);
  const std::vector<std::uint64_t> dropped = connection->Close([mailbox = mailbox_, ticket] {
    mailbox->Post([ticket](Environment& environment) {
      const auto found = environment.closing_.find(ticket);
      if (found == environment.closing_.end()) return;
      const Napi::Promise::Deferred closed = found->second;
      environment.closing_.erase(found);
      closed.Resolve(environment.env_.Undefined());
    });
  });
  const std::unordered_set<std::uint64_t> not_begun(dropped.begin(), dropped.end());
  for (auto entry = pending_.begin(); entry != pending_.end();) {
    if (entry->second.connection != connection.get()) {
      ++entry;
      continue;
    }
    entry->second.deferred.Reject(FailureToJs(env_, ClosedFailure(not_begun.count(entry->first) == 0)));
    entry = pending_.erase(entry);
  }
  for (auto entry = subscriptions_.begin(); entry != subscriptions_.end();) {
    entry = entry->second.connection == connection.get() ? subscriptions_.erase(entry) : std::next(entry);
  }
  KeepProcess();
  return deferred.Promise();
}

Napi::Value Environment::Subscribe(const std::shared_ptr<Connection>& connection, const Napi::Function& hear) {
  const std::uint64_t number = next_++;
  auto sink = std::make_shared<JsSink>(mailbox_, number);
  subscriptions_.emplace(number, Subscription{Napi::Persistent(hear), sink, connection.get()});
  const Napi::Value promise = StartAs<double>(number, connection, [mailbox = mailbox_, connection, sink, number] {
    try {
      sink->core_number = connection->Subscribe(sink);
    } catch (const CallFailed&) {
      mailbox->Post([number](Environment& environment) {
        environment.subscriptions_.erase(number);
        environment.KeepProcess();
      });
      throw;
    }
    return static_cast<double>(number);
  });
  if (pending_.count(number) == 0) subscriptions_.erase(number);  // refused at once
  return promise;
}

void Environment::Unsubscribe(const std::shared_ptr<Connection>& connection, std::uint64_t number) {
  const auto found = subscriptions_.find(number);
  if (found == subscriptions_.end()) return;
  connection->Unsubscribe(found->second.sink->core_number);
  subscriptions_.erase(found);
  KeepProcess();
}

void Environment::Hear(std::uint64_t number, const Event& event, bool lost) {
  const auto found = subscriptions_.find(number);
  if (found == subscriptions_.end()) return;
  const Napi::HandleScope scope(env_);
  const Napi::Function hear = found->second.hear.Value();  // the call may end the subscription
  Napi::Object heard = Napi::Object::New(env_);
  heard.Set("kind", static_cast<int>(event.kind));
  heard.Set("name", event.name);
  heard.Set("uuid", event.uuid);
  heard.Set("first", event.first);
  heard.Set("second", event.second);
  heard.Set("alias", event.alias);
  heard.Set("text", event.text);
  heard.Set("params", ToJs(*this, event.params));
  heard.Set("lost", lost);
  hear.Call({heard});
}

void Environment::KeepProcess() {
  const bool keep = !pending_.empty() || !subscriptions_.empty();
  if (keep == keeping_) return;
  keeping_ = keep;
  mailbox_->KeepProcess(keep);
}

}  // namespace novalet
