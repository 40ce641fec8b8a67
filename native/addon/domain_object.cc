#include "domain_object.h"

#include <utility>

#include "start.h"

namespace novalet {

template <typename Work>
Napi::Value DomainObject::On(const Napi::CallbackInfo& info, Work work) {
  return StartOn(info.Env(), domain_->connection(), domain_, std::move(work));
}

Napi::Function DomainObject::Define(Napi::Env env) {
  using Self = DomainObject;
  std::vector<PropertyDescriptor> methods{
      InstanceMethod<&Self::Name>("name"),
      InstanceMethod<&Self::Uuid>("uuid"),
      InstanceMethod<&Self::Start>("start"),
      InstanceMethod<&Self::Xml>("xml"),
      InstanceMethod<&Self::State>("state"),
      InstanceMethod<&Self::Info>("info"),
      InstanceMethod<&Self::IsPersistent>("isPersistent"),
      InstanceMethod<&Self::Shutdown>("shutdown"),
      InstanceMethod<&Self::Reboot>("reboot"),
      InstanceMethod<&Self::Reset>("reset"),
      InstanceMethod<&Self::Destroy>("destroy"),
      InstanceMethod<&Self::Undefine>("undefine"),
      InstanceMethod<&Self::Suspend>("suspend"),
      InstanceMethod<&Self::Resume>("resume"),
      InstanceMethod<&Self::SetAutostart>("setAutostart"),
      InstanceMethod<&Self::Metadata>("metadata"),
      InstanceMethod<&Self::SetMetadata>("setMetadata"),
      InstanceMethod<&Self::AgentCommand>("agentCommand"),
      InstanceMethod<&Self::SetAgentResponseTimeout>("setAgentResponseTimeout"),
      InstanceMethod<&Self::SetUserPassword>("setUserPassword"),
      InstanceMethod<&Self::InterfaceAddresses>("interfaceAddresses"),
      InstanceMethod<&Self::AttachDevice>("attachDevice"),
      InstanceMethod<&Self::DetachDevice>("detachDevice"),
      InstanceMethod<&Self::UpdateDevice>("updateDevice")};
  const std::vector<PropertyDescriptor> more = LifeMethods();
  methods.insert(methods.end(), more.begin(), more.end());
  return DefineClass(env, "NativeDomain", methods);
}

Napi::Value DomainObject::Make(Environment& environment, const std::shared_ptr<DomainHandle>& domain) {
  environment.new_domain = domain;
  return environment.domain_class.New({});
}

DomainObject::DomainObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<DomainObject>(info) {
  domain_ = std::exchange(Environment::Of(info.Env()).new_domain, nullptr);
  if (domain_ == nullptr) throw Napi::TypeError::New(info.Env(), "NativeDomain cannot be constructed");
}

Napi::Value DomainObject::Name(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), domain_->name());
}

Napi::Value DomainObject::Uuid(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), domain_->uuid());
}

Napi::Value DomainObject::Start(const Napi::CallbackInfo& info) {
  return On(info, [flags = FlagsArgument(info, 0)](virDomainPtr domain) { return StartDomain(domain, flags); });
}

Napi::Value DomainObject::Xml(const Napi::CallbackInfo& info) {
  return On(info, [flags = FlagsArgument(info, 0)](virDomainPtr domain) { return DomainXml(domain, flags); });
}

Napi::Value DomainObject::State(const Napi::CallbackInfo& info) {
  return On(info, [](virDomainPtr domain) { return GetDomainState(domain); });
}

Napi::Value DomainObject::Info(const Napi::CallbackInfo& info) {
  return On(info, [](virDomainPtr domain) { return GetDomainInfo(domain); });
}

Napi::Value DomainObject::IsPersistent(const Napi::CallbackInfo& info) {
  return On(info, [](virDomainPtr domain) { return IsDomainPersistent(domain); });
}

Napi::Value DomainObject::Shutdown(const Napi::CallbackInfo& info) {
  return On(info, [flags = FlagsArgument(info, 0)](virDomainPtr domain) { return ShutdownDomain(domain, flags); });
}

Napi::Value DomainObject::Reboot(const Napi::CallbackInfo& info) {
  return On(info, [flags = FlagsArgument(info, 0)](virDomainPtr domain) { return RebootDomain(domain, flags); });
}

Napi::Value DomainObject::Reset(const Napi::CallbackInfo& info) {
  return On(info, [](virDomainPtr domain) { return ResetDomain(domain); });
}

Napi::Value DomainObject::Destroy(const Napi::CallbackInfo& info) {
  return On(info, [flags = FlagsArgument(info, 0)](virDomainPtr domain) { return DestroyDomain(domain, flags); });
}

Napi::Value DomainObject::Undefine(const Napi::CallbackInfo& info) {
  return On(info, [flags = FlagsArgument(info, 0)](virDomainPtr domain) { return UndefineDomain(domain, flags); });
}

Napi::Value DomainObject::Suspend(const Napi::CallbackInfo& info) {
  return On(info, [](virDomainPtr domain) { return SuspendDomain(domain); });
}

Napi::Value DomainObject::Resume(const Napi::CallbackInfo& info) {
  return On(info, [](virDomainPtr domain) { return ResumeDomain(domain); });
}

Napi::Value DomainObject::SetAutostart(const Napi::CallbackInfo& info) {
  return On(info, [autostart = BooleanArgument(info, 0)](virDomainPtr domain) {
    return SetDomainAutostart(domain, autostart);
  });
}

Napi::Value DomainObject::Metadata(const Napi::CallbackInfo& info) {
  return On(info, [type = IntegerArgument(info, 0), uri = OptionalTextArgument(info, 1),
                   flags = FlagsArgument(info, 2)](virDomainPtr domain) {
    return GetMetadata(domain, type, uri, flags);
  });
}

Napi::Value DomainObject::SetMetadata(const Napi::CallbackInfo& info) {
  return On(info, [type = IntegerArgument(info, 0), text = OptionalTextArgument(info, 1),
                   key = OptionalTextArgument(info, 2), uri = OptionalTextArgument(info, 3),
                   flags = FlagsArgument(info, 4)](virDomainPtr domain) {
    return novalet::SetMetadata(domain, type, text, key, uri, flags);
  });
}

Napi::Value DomainObject::AgentCommand(const Napi::CallbackInfo& info) {
  return On(info, [command = SecretText(TextArgument(info, 0)),
                   timeout_s = IntegerArgument(info, 1)](virDomainPtr domain) {
    return novalet::AgentCommand(domain, command, timeout_s, 0);
  });
}

Napi::Value DomainObject::SetAgentResponseTimeout(const Napi::CallbackInfo& info) {
  return On(info, [timeout_s = IntegerArgument(info, 0)](virDomainPtr domain) {
    return novalet::SetAgentResponseTimeout(domain, timeout_s);
  });
}

Napi::Value DomainObject::SetUserPassword(const Napi::CallbackInfo& info) {
  return On(info, [user = TextArgument(info, 0), password = SecretText(TextArgument(info, 1)),
                   flags = FlagsArgument(info, 2)](virDomainPtr domain) {
    return novalet::SetUserPassword(domain, user, password, flags);
  });
}

Napi::Value DomainObject::InterfaceAddresses(const Napi::CallbackInfo& info) {
  return On(info, [source = FlagsArgument(info, 0)](virDomainPtr domain) {
    return novalet::InterfaceAddresses(domain, source);
  });
}

Napi::Value DomainObject::AttachDevice(const Napi::CallbackInfo& info) {
  return On(info, [xml = TextArgument(info, 0), flags = FlagsArgument(info, 1)](virDomainPtr domain) {
    return novalet::AttachDevice(domain, xml, flags);
  });
}

Napi::Value DomainObject::DetachDevice(const Napi::CallbackInfo& info) {
  return On(info, [xml = TextArgument(info, 0), flags = FlagsArgument(info, 1)](virDomainPtr domain) {
    return novalet::DetachDevice(domain, xml, flags);
  });
}

Napi::Value DomainObject::UpdateDevice(const Napi::CallbackInfo& info) {
  return On(info, [xml = TextArgument(info, 0), flags = FlagsArgument(info, 1)](virDomainPtr domain) {
    return novalet::UpdateDevice(domain, xml, flags);
  });
}

}  // namespace novalet
