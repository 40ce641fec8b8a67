#include "network_object.h"

#include <utility>

#include "start.h"

namespace novalet {

namespace {

// (command, section, parentIndex, xml, flags)
NetworkUpdate UpdateArgument(const Napi::CallbackInfo& info) {
  NetworkUpdate update;
  update.command = FlagsArgument(info, 0);
  update.section = FlagsArgument(info, 1);
  update.parent_index = IntegerArgument(info, 2);
  update.xml = TextArgument(info, 3);
  update.flags = FlagsArgument(info, 4);
  return update;
}

}  // namespace

template <typename Work>
Napi::Value NetworkObject::On(const Napi::CallbackInfo& info, Work work) {
  return StartOn(info.Env(), network_->connection(), network_, std::move(work));
}

Napi::Function NetworkObject::Define(Napi::Env env) {
  using Self = NetworkObject;
  return DefineClass(env, "NativeNetwork",
                     {InstanceMethod<&Self::Name>("name"),
                      InstanceMethod<&Self::Uuid>("uuid"),
                      InstanceMethod<&Self::Start>("start"),
                      InstanceMethod<&Self::Destroy>("destroy"),
                      InstanceMethod<&Self::Undefine>("undefine"),
                      InstanceMethod<&Self::Xml>("xml"),
                      InstanceMethod<&Self::BridgeName>("bridgeName"),
                      InstanceMethod<&Self::IsActive>("isActive"),
                      InstanceMethod<&Self::IsPersistent>("isPersistent"),
                      InstanceMethod<&Self::Autostart>("autostart"),
                      InstanceMethod<&Self::SetAutostart>("setAutostart"),
                      InstanceMethod<&Self::Update>("update"),
                      InstanceMethod<&Self::DhcpLeases>("dhcpLeases")});
}

Napi::Value NetworkObject::Make(Environment& environment, const std::shared_ptr<NetworkHandle>& network) {
  environment.new_network = network;
  return environment.network_class.New({});
}

NetworkObject::NetworkObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NetworkObject>(info) {
  network_ = std::exchange(Environment::Of(info.Env()).new_network, nullptr);
  if (network_ == nullptr) throw Napi::TypeError::New(info.Env(), "NativeNetwork cannot be constructed");
}

Napi::Value NetworkObject::Name(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), network_->name());
}

Napi::Value NetworkObject::Uuid(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), network_->uuid());
}

Napi::Value NetworkObject::Start(const Napi::CallbackInfo& info) {
  return On(info, [](virNetworkPtr network) { return StartNetwork(network); });
}

Napi::Value NetworkObject::Destroy(const Napi::CallbackInfo& info) {
  return On(info, [](virNetworkPtr network) { return DestroyNetwork(network); });
}

Napi::Value NetworkObject::Undefine(const Napi::CallbackInfo& info) {
  return On(info, [](virNetworkPtr network) { return UndefineNetwork(network); });
}

Napi::Value NetworkObject::Xml(const Napi::CallbackInfo& info) {
  return On(info, [flags = FlagsArgument(info, 0)](virNetworkPtr network) { return NetworkXml(network, flags); });
}

Napi::Value NetworkObject::BridgeName(const Napi::CallbackInfo& info) {
  return On(info, [](virNetworkPtr network) { return novalet::BridgeName(network); });
}

Napi::Value NetworkObject::IsActive(const Napi::CallbackInfo& info) {
  return On(info, [](virNetworkPtr network) { return IsNetworkActive(network); });
}

Napi::Value NetworkObject::IsPersistent(const Napi::CallbackInfo& info) {
  return On(info, [](virNetworkPtr network) { return IsNetworkPersistent(network); });
}

Napi::Value NetworkObject::Autostart(const Napi::CallbackInfo& info) {
  return On(info, [](virNetworkPtr network) { return NetworkAutostart(network); });
}

Napi::Value NetworkObject::SetAutostart(const Napi::CallbackInfo& info) {
  return On(info, [autostart = BooleanArgument(info, 0)](virNetworkPtr network) {
    return SetNetworkAutostart(network, autostart);
  });
}

Napi::Value NetworkObject::Update(const Napi::CallbackInfo& info) {
  return On(info, [update = UpdateArgument(info)](virNetworkPtr network) { return UpdateNetwork(network, update); });
}

Napi::Value NetworkObject::DhcpLeases(const Napi::CallbackInfo& info) {
  return On(info, [mac = OptionalTextArgument(info, 0)](virNetworkPtr network) {
    return novalet::DhcpLeases(network, mac);
  });
}

}  // namespace novalet
