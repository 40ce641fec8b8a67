// Values between JavaScript and C++: arguments copied in, results copied out. On the JavaScript thread only.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "../core/domain_calls.h"
#include "../core/handle.h"
#include "../core/network_calls.h"

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

/// What a call without a result gives; undefined in JavaScript.
struct Nothing {};

// Arguments. Each throws an Error with `failure: 'argument'` when the argument has another type.
std::string TextArgument(const Napi::CallbackInfo& info, std::size_t at);
OptionalText OptionalTextArgument(const Napi::CallbackInfo& info, std::size_t at);
int IntegerArgument(const Napi::CallbackInfo& info, std::size_t at);
unsigned FlagsArgument(const Napi::CallbackInfo& info, std::size_t at);
bool BooleanArgument(const Napi::CallbackInfo& info, std::size_t at);
Napi::Function FunctionArgument(const Napi::CallbackInfo& info, std::size_t at);

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
Napi::Value ToJs(Environment& environment, const HeldDomain& listed);
Napi::Value ToJs(Environment& environment, const HeldNetwork& listed);
Napi::Value ToJs(Environment& environment, const std::shared_ptr<DomainHandle>& domain);
Napi::Value ToJs(Environment& environment, const std::shared_ptr<NetworkHandle>& network);

template <typename Item>
Napi::Value ToJs(Environment& environment, const std::vector<Item>& items);

/// An Error with `failure` and, where libvirt spoke, `libvirtCode`, `libvirtDomain`, `level` and more.
Napi::Value FailureToJs(Napi::Env env, const Failure& failure);

}  // namespace novalet
