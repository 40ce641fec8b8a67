// Values between JavaScript and C++: arguments copied in, results copied out. On the JavaScript thread only.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "../core/block_calls.h"
#include "../core/domain_calls.h"
#include "../core/handle.h"
#include "../core/life_calls.h"
#include "../core/network_calls.h"
#include "../core/params.h"
#include "../core/stats_calls.h"
#include "../core/stream.h"

namespace novalet {

class Environment;

struct HeldDomain {
  std::shared_ptr<DomainHandle> domain;
  DomainState state;
};

struct HeldNetwork {
  std::shared_ptr<NetworkHandle> network;
  bool active = false;
  bool persistent = false;
};

struct Picture {
  std::string mime_type;
  std::shared_ptr<StreamHandle> stream;
};

/// What a reading of a stream gives; none at its end.
struct Bytes {
  std::optional<std::string> data;
};

/// What a call without a result gives; undefined in JavaScript.
struct Nothing {};

// Arguments. Each throws an Error with `failure: 'argument'` when the argument has another type.
std::string TextArgument(const Napi::CallbackInfo& info, std::size_t at);
OptionalText OptionalTextArgument(const Napi::CallbackInfo& info, std::size_t at);
int IntegerArgument(const Napi::CallbackInfo& info, std::size_t at);
unsigned FlagsArgument(const Napi::CallbackInfo& info, std::size_t at);
bool BooleanArgument(const Napi::CallbackInfo& info, std::size_t at);
Napi::Function FunctionArgument(const Napi::CallbackInfo& info, std::size_t at);
/// An integer from 0 to 2^53 - 1.
unsigned long long SizeArgument(const Napi::CallbackInfo& info, std::size_t at);
std::vector<unsigned> ListArgument(const Napi::CallbackInfo& info, std::size_t at);
/// A copy of a Uint8Array's bytes.
std::string BytesArgument(const Napi::CallbackInfo& info, std::size_t at);
std::vector<std::shared_ptr<DomainHandle>> DomainsArgument(const Napi::CallbackInfo& info, std::size_t at);

/// The argument as what a call takes it.
template <typename T>
T Argument(const Napi::CallbackInfo& info, std::size_t at);
template <>
inline std::string Argument(const Napi::CallbackInfo& info, std::size_t at) {
  return TextArgument(info, at);
}
template <>
inline OptionalText Argument(const Napi::CallbackInfo& info, std::size_t at) {
  return OptionalTextArgument(info, at);
}
template <>
inline unsigned Argument(const Napi::CallbackInfo& info, std::size_t at) {
  return FlagsArgument(info, at);
}
template <>
inline unsigned long long Argument(const Napi::CallbackInfo& info, std::size_t at) {
  return SizeArgument(info, at);
}
template <>
inline long long Argument(const Napi::CallbackInfo& info, std::size_t at) {
  return static_cast<long long>(SizeArgument(info, at));
}
template <>
inline std::vector<unsigned> Argument(const Napi::CallbackInfo& info, std::size_t at) {
  return ListArgument(info, at);
}

// Results.
Napi::Value ToJs(Environment& environment, Nothing);
Napi::Value ToJs(Environment& environment, bool value);
Napi::Value ToJs(Environment& environment, int value);
Napi::Value ToJs(Environment& environment, double value);
Napi::Value ToJs(Environment& environment, const std::string& value);
Napi::Value ToJs(Environment& environment, const Versions& versions);
Napi::Value ToJs(Environment& environment, const NodeInfo& info);
Napi::Value ToJs(Environment& environment, const DomainState& state);
Napi::Value ToJs(Environment& environment, const DomainInfo& info);
Napi::Value ToJs(Environment& environment, const GuestInterface& interface);
Napi::Value ToJs(Environment& environment, const DhcpLease& lease);
/// An object; integers that a number cannot hold become bigints.
Napi::Value ToJs(Environment& environment, const Params& params);
Napi::Value ToJs(Environment& environment, const Figures& figures);
Napi::Value ToJs(Environment& environment, const DomainStats& stats);
Napi::Value ToJs(Environment& environment, const JobStats& stats);
Napi::Value ToJs(Environment& environment, const BlockInfo& info);
/// Undefined when there is none.
Napi::Value ToJs(Environment& environment, const BlockJob& job);
Napi::Value ToJs(Environment& environment, const HeldDomain& listed);
Napi::Value ToJs(Environment& environment, const HeldNetwork& listed);
Napi::Value ToJs(Environment& environment, const std::shared_ptr<DomainHandle>& domain);
Napi::Value ToJs(Environment& environment, const std::shared_ptr<NetworkHandle>& network);

Napi::Value ToJs(Environment& environment, const std::shared_ptr<StreamHandle>& stream);
Napi::Value ToJs(Environment& environment, const Picture& picture);
/// Undefined at the end.
Napi::Value ToJs(Environment& environment, const Bytes& bytes);

template <typename Item>
Napi::Value ToJs(Environment& environment, const std::vector<Item>& items);

/// An Error with `failure` and, where libvirt spoke, `libvirtCode`, `libvirtDomain`, `level` and more.
Napi::Value FailureToJs(Napi::Env env, const Failure& failure);

}  // namespace novalet
