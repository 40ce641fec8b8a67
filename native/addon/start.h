// How a method becomes a call: borrow the object on a worker, run the work, hold what it gives out.
#pragma once

#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "environment.h"

namespace novalet {

// Results that own libvirt objects become handles while still on the worker; all others stay as they are.

inline std::shared_ptr<DomainHandle> Keep(const std::shared_ptr<Connection>& connection, OwnedDomain domain) {
  return Hold(connection, std::move(domain));
}

inline std::shared_ptr<NetworkHandle> Keep(const std::shared_ptr<Connection>& connection, OwnedNetwork network) {
  return Hold(connection, std::move(network));
}

inline std::vector<HeldDomain> Keep(const std::shared_ptr<Connection>& connection, std::vector<ListedDomain> listed) {
  std::vector<HeldDomain> held;
  held.reserve(listed.size());
  for (ListedDomain& entry : listed) held.push_back({Hold(connection, std::move(entry.domain)), entry.state});
  return held;
}

inline std::vector<HeldNetwork> Keep(const std::shared_ptr<Connection>& connection,
                                     std::vector<ListedNetwork> listed) {
  std::vector<HeldNetwork> held;
  held.reserve(listed.size());
  for (ListedNetwork& entry : listed) {
    held.push_back({Hold(connection, std::move(entry.network)), entry.active, entry.persistent});
  }
  return held;
}

template <typename Result>
Result Keep(const std::shared_ptr<Connection>&, Result result) {
  return result;
}

/// Starts `work(object)` on a worker, where `source` is a connection or a handle and `object` is borrowed from it.
template <typename Source, typename Work>
Napi::Value StartOn(Napi::Env env, const std::shared_ptr<Connection>& connection,
                    const std::shared_ptr<Source>& source, Work work) {
  using Raw = decltype(work(source->Borrow().get()));
  if constexpr (std::is_void_v<Raw>) {
    return Environment::Of(env).Start<Nothing>(connection, [source, work = std::move(work)] {
      const auto borrowed = source->Borrow();
      work(borrowed.get());
      return Nothing{};
    });
  } else {
    using Result = decltype(Keep(connection, work(source->Borrow().get())));
    return Environment::Of(env).Start<Result>(connection, [connection, source, work = std::move(work)] {
      const auto borrowed = source->Borrow();
      return Keep(connection, work(borrowed.get()));
    });
  }
}

template <typename Source, typename Object, typename Raw, typename... Taken, std::size_t... At>
Napi::Value StartCallAt(const Napi::CallbackInfo& info, const std::shared_ptr<Connection>& connection,
                        const std::shared_ptr<Source>& source, Raw (*call)(Object, Taken...),
                        std::index_sequence<At...>) {
  auto arguments = std::make_tuple(Argument<std::decay_t<Taken>>(info, At)...);
  return StartOn(info.Env(), connection, source, [call, arguments = std::move(arguments)](Object object) {
    return std::apply([&](const auto&... given) { return call(object, given...); }, arguments);
  });
}

/// Starts `call(object, arguments…)` on a worker, with the arguments as its parameters want them.
template <typename Source, typename Object, typename Raw, typename... Taken>
Napi::Value StartCall(const Napi::CallbackInfo& info, const std::shared_ptr<Connection>& connection,
                      const std::shared_ptr<Source>& source, Raw (*call)(Object, Taken...)) {
  return StartCallAt(info, connection, source, call, std::index_sequence_for<Taken...>());
}

}  // namespace novalet
