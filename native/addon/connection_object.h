// The JavaScript class over a connection. Each method starts one call and returns a promise; isAlive and unsubscribe
// need no call.
#pragma once

#include <napi.h>

#include <memory>

#include "environment.h"

namespace novalet {

class ConnectionObject final : public Napi::ObjectWrap<ConnectionObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit ConnectionObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  Napi::Value Subscribe(const Napi::CallbackInfo& info);
  Napi::Value Unsubscribe(const Napi::CallbackInfo& info);
  Napi::Value IsAlive(const Napi::CallbackInfo& info);
  Napi::Value SetKeepAlive(const Napi::CallbackInfo& info);
  Napi::Value Hostname(const Napi::CallbackInfo& info);
  Napi::Value Uri(const Napi::CallbackInfo& info);
  Napi::Value Capabilities(const Napi::CallbackInfo& info);
  Napi::Value DomainCapabilities(const Napi::CallbackInfo& info);
  Napi::Value Versions(const Napi::CallbackInfo& info);
  Napi::Value NodeInfo(const Napi::CallbackInfo& info);
  Napi::Value DefineDomain(const Napi::CallbackInfo& info);
  Napi::Value CreateDomain(const Napi::CallbackInfo& info);
  Napi::Value DomainByName(const Napi::CallbackInfo& info);
  Napi::Value DomainByUuid(const Napi::CallbackInfo& info);
  Napi::Value ListDomains(const Napi::CallbackInfo& info);
  Napi::Value DefineNetwork(const Napi::CallbackInfo& info);
  Napi::Value CreateNetwork(const Napi::CallbackInfo& info);
  Napi::Value NetworkByName(const Napi::CallbackInfo& info);
  Napi::Value NetworkByUuid(const Napi::CallbackInfo& info);
  Napi::Value ListNetworks(const Napi::CallbackInfo& info);

  Napi::Value DomainStats(const Napi::CallbackInfo& info);

  /// A method that is one call with its parameters as arguments.
  template <auto kCall>
  Napi::Value Call(const Napi::CallbackInfo& info);
  template <typename Work>
  Napi::Value On(const Napi::CallbackInfo& info, Work work);

  std::shared_ptr<Connection> connection_;
};

}  // namespace novalet
