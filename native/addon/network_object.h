// The JavaScript class over a network. Each method starts one call and returns a promise.
#pragma once

#include <napi.h>

#include <memory>

#include "environment.h"

namespace novalet {

class NetworkObject final : public Napi::ObjectWrap<NetworkObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Value Make(Environment& environment, const std::shared_ptr<NetworkHandle>& network);
  /// Only for Make, which leaves the handle in the environment.
  explicit NetworkObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value Name(const Napi::CallbackInfo& info);
  Napi::Value Uuid(const Napi::CallbackInfo& info);
  Napi::Value Start(const Napi::CallbackInfo& info);
  Napi::Value Destroy(const Napi::CallbackInfo& info);
  Napi::Value Undefine(const Napi::CallbackInfo& info);
  Napi::Value Xml(const Napi::CallbackInfo& info);
  Napi::Value BridgeName(const Napi::CallbackInfo& info);
  Napi::Value IsActive(const Napi::CallbackInfo& info);
  Napi::Value IsPersistent(const Napi::CallbackInfo& info);
  Napi::Value Autostart(const Napi::CallbackInfo& info);
  Napi::Value SetAutostart(const Napi::CallbackInfo& info);
  Napi::Value Update(const Napi::CallbackInfo& info);
  Napi::Value DhcpLeases(const Napi::CallbackInfo& info);

  template <typename Work>
  Napi::Value On(const Napi::CallbackInfo& info, Work work);

  std::shared_ptr<NetworkHandle> network_;
};

}  // namespace novalet
