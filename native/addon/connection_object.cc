#include "connection_object.h"

#include "../core/life_calls.h"
#include "../core/stats_calls.h"
#include "domain_object.h"
#include "start.h"

namespace novalet {

template <typename Work>
Napi::Value ConnectionObject::On(const Napi::CallbackInfo& info, Work work) {
  return StartOn(info.Env(), connection_, connection_, std::move(work));
}

template <auto kCall>
Napi::Value ConnectionObject::Call(const Napi::CallbackInfo& info) {
  return StartCall(info, connection_, connection_, kCall);
}

Napi::Function ConnectionObject::Define(Napi::Env env) {
  using Self = ConnectionObject;
  return DefineClass(env, "NativeConnection",
                     {InstanceMethod<&Self::Open>("open"),
                      InstanceMethod<&Self::Close>("close"),
                      InstanceMethod<&Self::Subscribe>("subscribe"),
                      InstanceMethod<&Self::Unsubscribe>("unsubscribe"),
                      InstanceMethod<&Self::IsAlive>("isAlive"),
                      InstanceMethod<&Self::SetKeepAlive>("setKeepAlive"),
                      InstanceMethod<&Self::Hostname>("hostname"),
                      InstanceMethod<&Self::Uri>("uri"),
                      InstanceMethod<&Self::Capabilities>("capabilities"),
                      InstanceMethod<&Self::DomainCapabilities>("domainCapabilities"),
                      InstanceMethod<&Self::Versions>("versions"),
                      InstanceMethod<&Self::NodeInfo>("nodeInfo"),
                      InstanceMethod<&Self::DefineDomain>("defineDomain"),
                      InstanceMethod<&Self::CreateDomain>("createDomain"),
                      InstanceMethod<&Self::DomainByName>("domainByName"),
                      InstanceMethod<&Self::DomainByUuid>("domainByUuid"),
                      InstanceMethod<&Self::ListDomains>("listDomains"),
                      InstanceMethod<&Self::DefineNetwork>("defineNetwork"),
                      InstanceMethod<&Self::CreateNetwork>("createNetwork"),
                      InstanceMethod<&Self::NetworkByName>("networkByName"),
                      InstanceMethod<&Self::NetworkByUuid>("networkByUuid"),
                      InstanceMethod<&Self::ListNetworks>("listNetworks"),
                      InstanceMethod<&Self::DomainStats>("domainStats"),
                      InstanceMethod<&Self::Call<NodeCpuStats>>("nodeCpuStats"),
                      InstanceMethod<&Self::Call<NodeMemoryStats>>("nodeMemoryStats"),
                      InstanceMethod<&Self::Call<FreeMemoryBytes>>("freeMemory"),
                      InstanceMethod<&Self::Call<RestoreDomain>>("restore"),
                      InstanceMethod<&Self::Call<SaveImageXml>>("saveImageXml"),
                      InstanceMethod<&Self::Call<DefineSaveImageXml>>("saveImageDefineXml")});
}

// (maxWorkers, maxQueued)
ConnectionObject::ConnectionObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ConnectionObject>(info),
      connection_(std::make_shared<Connection>(FlagsArgument(info, 0), FlagsArgument(info, 1))) {
  Environment::Of(info.Env()).Register(connection_);
}

// (uri, readOnly, keepAliveIntervalSeconds, keepAliveCount)
Napi::Value ConnectionObject::Open(const Napi::CallbackInfo& info) {
  OpenRequest request;
  request.uri = TextArgument(info, 0);
  request.read_only = BooleanArgument(info, 1);
  request.keep_alive_interval_s = IntegerArgument(info, 2);
  request.keep_alive_count = FlagsArgument(info, 3);
  return Environment::Of(info.Env()).Start<Nothing>(connection_, [connection = connection_, request] {
    connection->Open(request);
    return Nothing{};
  });
}

Napi::Value ConnectionObject::Close(const Napi::CallbackInfo& info) {
  return Environment::Of(info.Env()).Close(connection_);
}

Napi::Value ConnectionObject::Subscribe(const Napi::CallbackInfo& info) {
  return Environment::Of(info.Env()).Subscribe(connection_, FunctionArgument(info, 0));
}

Napi::Value ConnectionObject::Unsubscribe(const Napi::CallbackInfo& info) {
  Environment::Of(info.Env()).Unsubscribe(connection_, FlagsArgument(info, 0));
  return info.Env().Undefined();
}

Napi::Value ConnectionObject::IsAlive(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), connection_->IsAlive());
}

Napi::Value ConnectionObject::SetKeepAlive(const Napi::CallbackInfo& info) {
  return On(info, [interval_s = IntegerArgument(info, 0), count = FlagsArgument(info, 1)](virConnectPtr connection) {
    return novalet::SetKeepAlive(connection, interval_s, count);
  });
}

Napi::Value ConnectionObject::Hostname(const Napi::CallbackInfo& info) {
  return On(info, [](virConnectPtr connection) { return novalet::Hostname(connection); });
}

Napi::Value ConnectionObject::Uri(const Napi::CallbackInfo& info) {
  return On(info, [](virConnectPtr connection) { return ConnectionUri(connection); });
}

Napi::Value ConnectionObject::Capabilities(const Napi::CallbackInfo& info) {
  return On(info, [](virConnectPtr connection) { return novalet::Capabilities(connection); });
}

Napi::Value ConnectionObject::DomainCapabilities(const Napi::CallbackInfo& info) {
  return On(info, [emulator = OptionalTextArgument(info, 0), arch = OptionalTextArgument(info, 1),
                   machine = OptionalTextArgument(info, 2),
                   virt_type = OptionalTextArgument(info, 3)](virConnectPtr connection) {
    return novalet::DomainCapabilities(connection, emulator, arch, machine, virt_type);
  });
}

Napi::Value ConnectionObject::Versions(const Napi::CallbackInfo& info) {
  return On(info, [](virConnectPtr connection) { return GetVersions(connection); });
}

Napi::Value ConnectionObject::NodeInfo(const Napi::CallbackInfo& info) {
  return On(info, [](virConnectPtr connection) { return GetNodeInfo(connection); });
}

Napi::Value ConnectionObject::DefineDomain(const Napi::CallbackInfo& info) {
  return On(info, [xml = TextArgument(info, 0), flags = FlagsArgument(info, 1)](virConnectPtr connection) {
    return novalet::DefineDomain(connection, xml, flags);
  });
}

Napi::Value ConnectionObject::CreateDomain(const Napi::CallbackInfo& info) {
  return On(info, [xml = TextArgument(info, 0), flags = FlagsArgument(info, 1)](virConnectPtr connection) {
    return novalet::CreateDomain(connection, xml, flags);
  });
}

Napi::Value ConnectionObject::DomainByName(const Napi::CallbackInfo& info) {
  return On(info, [name = TextArgument(info, 0)](virConnectPtr connection) {
    return novalet::DomainByName(connection, name);
  });
}

Napi::Value ConnectionObject::DomainByUuid(const Napi::CallbackInfo& info) {
  return On(info, [uuid = TextArgument(info, 0)](virConnectPtr connection) {
    return novalet::DomainByUuid(connection, uuid);
  });
}

Napi::Value ConnectionObject::ListDomains(const Napi::CallbackInfo& info) {
  return On(info, [flags = FlagsArgument(info, 0)](virConnectPtr connection) {
    return novalet::ListDomains(connection, flags);
  });
}

Napi::Value ConnectionObject::DefineNetwork(const Napi::CallbackInfo& info) {
  return On(info, [xml = TextArgument(info, 0), flags = FlagsArgument(info, 1)](virConnectPtr connection) {
    return novalet::DefineNetwork(connection, xml, flags);
  });
}

Napi::Value ConnectionObject::CreateNetwork(const Napi::CallbackInfo& info) {
  return On(info, [xml = TextArgument(info, 0), flags = FlagsArgument(info, 1)](virConnectPtr connection) {
    return novalet::CreateNetwork(connection, xml, flags);
  });
}

Napi::Value ConnectionObject::NetworkByName(const Napi::CallbackInfo& info) {
  return On(info, [name = TextArgument(info, 0)](virConnectPtr connection) {
    return novalet::NetworkByName(connection, name);
  });
}

Napi::Value ConnectionObject::NetworkByUuid(const Napi::CallbackInfo& info) {
  return On(info, [uuid = TextArgument(info, 0)](virConnectPtr connection) {
    return novalet::NetworkByUuid(connection, uuid);
  });
}

Napi::Value ConnectionObject::ListNetworks(const Napi::CallbackInfo& info) {
  return On(info, [flags = FlagsArgument(info, 0)](virConnectPtr connection) {
    return novalet::ListNetworks(connection, flags);
  });
}

// (domains or undefined, groups, flags)
Napi::Value ConnectionObject::DomainStats(const Napi::CallbackInfo& info) {
  const unsigned groups = FlagsArgument(info, 1);
  const unsigned flags = FlagsArgument(info, 2);
  if (info[0].IsUndefined()) {
    return On(info, [groups, flags](virConnectPtr connection) { return AllDomainStats(connection, groups, flags); });
  }
  return On(info, [handles = DomainsArgument(info, 0), groups, flags](virConnectPtr) {
    std::vector<OwnedDomain> domains;
    for (const auto& handle : handles) domains.push_back(handle->Borrow());
    return ListDomainStats(domains, groups, flags);
  });
}

}  // namespace novalet
