// What the addon keeps for one JavaScript environment (the main thread's, or a worker thread's): its mailbox, the
// promises that wait for a call, and the functions that hear events. Everything here runs on the environment's thread.
#pragma once

#include <napi.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "../core/connection.h"
#include "../core/failure.h"
#include "convert.h"
#include "mailbox.h"

namespace novalet {

/// What a call came to, on its way from the worker.
template <typename Result>
struct Outcome {
  std::optional<Result> value;
  Failure failure;
};

/// Runs `work` and keeps what it gives or throws.
template <typename Result>
void RunInto(Outcome<Result>& outcome, Connection& connection, const std::function<Result()>& work) {
  try {
    outcome.value = work();
  } catch (const CallFailed& failed) {
    outcome.failure = failed.failure();
    if (outcome.failure.source == Failure::Source::kLibvirt) outcome.failure.connection_lost = connection.IsLost();
  } catch (const std::exception& error) {
    outcome.failure = DefectFailure(error.what());
  }
}

class JsSink;

class Environment {
 public:
  explicit Environment(Napi::Env env);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }
  Napi::Env env() const { return env_; }

  /// Runs `work` on a worker of the connection; the promise gets its result, or its failure as an Error.
  template <typename Result>
  Napi::Value Start(const std::shared_ptr<Connection>& connection, std::function<Result()> work) {
    return StartAs<Result>(next_++, connection, std::move(work));
  }

  template <typename Result>
  using Settler = std::function<void(std::shared_ptr<Outcome<Result>>)>;

  /// A promise that is settled when `begin`'s argument is called, once and on any thread, or when the connection closes.
  template <typename Result>
  Napi::Value Expect(const std::shared_ptr<Connection>& connection,
                     const std::function<void(Settler<Result>)>& begin) {
    const std::uint64_t ticket = next_++;
    const Napi::Promise promise = Await(ticket, connection);
    try {
      begin([mailbox = mailbox_, ticket](std::shared_ptr<Outcome<Result>> outcome) {
        PostOutcome<Result>(*mailbox, ticket, std::move(outcome));
      });
    } catch (const CallFailed& failed) {
      Settle(ticket, &failed.failure(), nullptr);
    } catch (const std::system_error& error) {
      const Failure failure = DefectFailure(error.what());
      Settle(ticket, &failure, nullptr);
    }
    return promise;
  }

  /// Fails all calls of the connection at once and lets it go; the promise is fulfilled when it is gone.
  /// Keeps nothing alive meanwhile: who wants to wait must hold the process some other way.
  Napi::Value Close(const std::shared_ptr<Connection>& connection);

  /// The promise gets a number for Unsubscribe; `hear` gets one object an event.
  Napi::Value Subscribe(const std::shared_ptr<Connection>& connection, const Napi::Function& hear);
  void Unsubscribe(const std::shared_ptr<Connection>& connection, std::uint64_t number);

  void Register(const std::shared_ptr<Connection>& connection);
  void Hear(std::uint64_t number, const Event& event, bool lost);

  Napi::FunctionReference domain_class;
  Napi::FunctionReference network_class;
  std::shared_ptr<DomainHandle> new_domain;    // what the object that is just being made stands for
  std::shared_ptr<NetworkHandle> new_network;  // likewise
  Napi::FunctionReference stream_class;
  std::shared_ptr<StreamHandle> new_stream;  // likewise

 private:
  struct Pending {
    Napi::Promise::Deferred deferred;
    const Connection* connection;
  };
  struct Subscription {
    Napi::FunctionReference hear;
    std::shared_ptr<JsSink> sink;
    const Connection* connection;
  };

  template <typename Result>
  Napi::Value StartAs(std::uint64_t ticket, const std::shared_ptr<Connection>& connection,
                      std::function<Result()> work) {
    auto job = [mailbox = mailbox_, connection, ticket, work = std::move(work)] {
      auto outcome = std::make_shared<Outcome<Result>>();
      RunInto<Result>(*outcome, *connection, work);
      PostOutcome<Result>(*mailbox, ticket, std::move(outcome));
    };
    return Begin(ticket, connection, std::move(job));
  }

  template <typename Result>
  static void PostOutcome(Mailbox& mailbox, std::uint64_t ticket, std::shared_ptr<Outcome<Result>> outcome) {
    mailbox.Post([ticket, outcome = std::move(outcome)](Environment& environment) {
      environment.Settle(ticket, outcome->value ? nullptr : &outcome->failure,
                         [&] { return ToJs(environment, *outcome->value); });
    });
  }

  Napi::Value Begin(std::uint64_t ticket, const std::shared_ptr<Connection>& connection, std::function<void()> job);
  Napi::Promise Await(std::uint64_t ticket, const std::shared_ptr<Connection>& connection);
  void Settle(std::uint64_t ticket, const Failure* failure, const std::function<Napi::Value()>& value);
  void KeepProcess();
  void TearDown();

  const Napi::Env env_;
  const std::shared_ptr<Mailbox> mailbox_;
  std::uint64_t next_ = 1;
  bool keeping_ = false;
  std::unordered_map<std::uint64_t, Pending> pending_;
  std::unordered_map<std::uint64_t, Napi::Promise::Deferred> closing_;
  std::unordered_map<std::uint64_t, Subscription> subscriptions_;
  std::vector<std::weak_ptr<Connection>> connections_;
};

}  // namespace novalet
