// The JavaScript class over a domain. Each method starts one call and returns a promise.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "environment.h"

namespace novalet {

class DomainObject final : public Napi::ObjectWrap<DomainObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Value Make(Environment& environment, const std::shared_ptr<DomainHandle>& domain);
  /// Only for Make, which leaves the handle in the environment.
  explicit DomainObject(const Napi::CallbackInfo& info);
  const std::shared_ptr<DomainHandle>& handle() const { return domain_; }

 private:
  /// The methods of domain_life.cc.
  static std::vector<PropertyDescriptor> LifeMethods();
  Napi::Value Name(const Napi::CallbackInfo& info);
  Napi::Value Uuid(const Napi::CallbackInfo& info);
  Napi::Value Start(const Napi::CallbackInfo& info);
  Napi::Value Xml(const Napi::CallbackInfo& info);
  Napi::Value State(const Napi::CallbackInfo& info);
  Napi::Value Info(const Napi::CallbackInfo& info);
  Napi::Value IsPersistent(const Napi::CallbackInfo& info);
  Napi::Value Shutdown(const Napi::CallbackInfo& info);
  Napi::Value Reboot(const Napi::CallbackInfo& info);
  Napi::Value Reset(const Napi::CallbackInfo& info);
  Napi::Value Destroy(const Napi::CallbackInfo& info);
  Napi::Value Undefine(const Napi::CallbackInfo& info);
  Napi::Value Suspend(const Napi::CallbackInfo& info);
  Napi::Value Resume(const Napi::CallbackInfo& info);
  Napi::Value SetAutostart(const Napi::CallbackInfo& info);
  Napi::Value Metadata(const Napi::CallbackInfo& info);
  Napi::Value SetMetadata(const Napi::CallbackInfo& info);
  Napi::Value AgentCommand(const Napi::CallbackInfo& info);
  Napi::Value SetAgentResponseTimeout(const Napi::CallbackInfo& info);
  Napi::Value SetUserPassword(const Napi::CallbackInfo& info);
  Napi::Value InterfaceAddresses(const Napi::CallbackInfo& info);
  Napi::Value AttachDevice(const Napi::CallbackInfo& info);
  Napi::Value DetachDevice(const Napi::CallbackInfo& info);
  Napi::Value UpdateDevice(const Napi::CallbackInfo& info);

  Napi::Value OpenConsole(const Napi::CallbackInfo& info);
  Napi::Value OpenChannel(const Napi::CallbackInfo& info);
  Napi::Value Screenshot(const Napi::CallbackInfo& info);

  /// A method that is one call with its parameters as arguments.
  template <auto kCall>
  Napi::Value Call(const Napi::CallbackInfo& info);
  template <typename Work>
  Napi::Value On(const Napi::CallbackInfo& info, Work work);

  std::shared_ptr<DomainHandle> domain_;
};

}  // namespace novalet
