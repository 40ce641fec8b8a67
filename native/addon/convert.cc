#include "convert.h"

#include "domain_object.h"
#include "environment.h"
#include "network_object.h"

namespace novalet {

namespace {

[[noreturn]] void ThrowArgument(const Napi::CallbackInfo& info, std::size_t at, const char* wanted) {
  Failure failure;
  failure.source = Failure::Source::kArgument;
  failure.message = "argument " + std::to_string(at + 1) + " is not " + wanted;
  throw Napi::Error(info.Env(), FailureToJs(info.Env(), failure));
}

const char* Name(Failure::Source source) {
  switch (source) {
    case Failure::Source::kLibvirt: return "libvirt";
    case Failure::Source::kClosed: return "closed";
    case Failure::Source::kFull: return "full";
    case Failure::Source::kAborted: return "aborted";
    case Failure::Source::kOverrun: return "overrun";
    case Failure::Source::kArgument: return "argument";
    case Failure::Source::kDefect: return "defect";
  }
  return "defect";
}

void SetOptional(Napi::Object object, const char* key, const OptionalText& value) {
  if (value) object.Set(key, *value);
}

}  // namespace

std::string TextArgument(const Napi::CallbackInfo& info, std::size_t at) {
  if (!info[at].IsString()) ThrowArgument(info, at, "a string");
  std::string text = info[at].As<Napi::String>().Utf8Value();
  // libvirt would read up to the zero and do something else than was asked.
  if (text.find('\0') != std::string::npos) ThrowArgument(info, at, "a string without zero characters");
  return text;
}

OptionalText OptionalTextArgument(const Napi::CallbackInfo& info, std::size_t at) {
  if (info[at].IsUndefined() || info[at].IsNull()) return OptionalText();
  return TextArgument(info, at);
}

int IntegerArgument(const Napi::CallbackInfo& info, std::size_t at) {
  if (!info[at].IsNumber()) ThrowArgument(info, at, "a number");
  const double value = info[at].As<Napi::Number>().DoubleValue();
  const int integer = info[at].As<Napi::Number>().Int32Value();
  if (static_cast<double>(integer) != value) ThrowArgument(info, at, "a 32-bit integer");
  return integer;
}

unsigned FlagsArgument(const Napi::CallbackInfo& info, std::size_t at) {
  const int flags = IntegerArgument(info, at);
  if (flags < 0) ThrowArgument(info, at, "a set of flags");
  return static_cast<unsigned>(flags);
}

bool BooleanArgument(const Napi::CallbackInfo& info, std::size_t at) {
  if (!info[at].IsBoolean()) ThrowArgument(info, at, "a boolean");
  return info[at].As<Napi::Boolean>().Value();
}

Napi::Function FunctionArgument(const Napi::CallbackInfo& info, std::size_t at) {
  if (!info[at].IsFunction()) ThrowArgument(info, at, "a function");
  return info[at].As<Napi::Function>();
}

unsigned long long SizeArgument(const Napi::CallbackInfo& info, std::size_t at) {
  constexpr double kLargest = 9007199254740991;
  if (!info[at].IsNumber()) ThrowArgument(info, at, "a number");
  const double value = info[at].As<Napi::Number>().DoubleValue();
  if (!(value >= 0 && value <= kLargest)) ThrowArgument(info, at, "an integer from 0 to 2^53 - 1");
  const auto integer = static_cast<unsigned long long>(value);
  if (static_cast<double>(integer) != value) ThrowArgument(info, at, "an integer");
  return integer;
}

std::vector<unsigned> ListArgument(const Napi::CallbackInfo& info, std::size_t at) {
  if (!info[at].IsArray()) ThrowArgument(info, at, "an array");
  const Napi::Array array = info[at].As<Napi::Array>();
  std::vector<unsigned> list;
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Value item = array[i];
    if (!item.IsNumber()) ThrowArgument(info, at, "an array of numbers");
    const double value = item.As<Napi::Number>().DoubleValue();
    const uint32_t integer = item.As<Napi::Number>().Uint32Value();
    if (static_cast<double>(integer) != value) ThrowArgument(info, at, "an array of 32-bit integers");
    list.push_back(integer);
  }
  return list;
}

std::string BytesArgument(const Napi::CallbackInfo& info, std::size_t at) {
  if (!info[at].IsTypedArray() || info[at].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    ThrowArgument(info, at, "a Uint8Array");
  }
  const Napi::Uint8Array bytes = info[at].As<Napi::Uint8Array>();
  return std::string(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength());
}

std::vector<std::shared_ptr<DomainHandle>> DomainsArgument(const Napi::CallbackInfo& info, std::size_t at) {
  if (!info[at].IsArray()) ThrowArgument(info, at, "an array");
  const Napi::Array array = info[at].As<Napi::Array>();
  const Napi::Function domain_class = Environment::Of(info.Env()).domain_class.Value();
  std::vector<std::shared_ptr<DomainHandle>> domains;
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Value item = array[i];
    if (!item.IsObject() || !item.As<Napi::Object>().InstanceOf(domain_class)) {
      ThrowArgument(info, at, "an array of domains");
    }
    domains.push_back(DomainObject::Unwrap(item.As<Napi::Object>())->handle());
  }
  return domains;
}

Napi::Value ToJs(Environment& environment, Nothing) { return environment.env().Undefined(); }

Napi::Value ToJs(Environment& environment, bool value) { return Napi::Boolean::New(environment.env(), value); }

Napi::Value ToJs(Environment& environment, int value) { return Napi::Number::New(environment.env(), value); }

Napi::Value ToJs(Environment& environment, double value) { return Napi::Number::New(environment.env(), value); }

Napi::Value ToJs(Environment& environment, const std::string& value) {
  return Napi::String::New(environment.env(), value);
}

Napi::Value ToJs(Environment& environment, const Versions& versions) {
  Napi::Object object = Napi::Object::New(environment.env());
  object.Set("libvirt", static_cast<double>(versions.libvirt));
  object.Set("hypervisor", static_cast<double>(versions.hypervisor));
  return object;
}

Napi::Value ToJs(Environment& environment, const NodeInfo& info) {
  Napi::Object object = Napi::Object::New(environment.env());
  object.Set("model", info.model);
  object.Set("memoryKiB", info.memory_kib);
  object.Set("cpus", info.cpus);
  object.Set("mhz", info.mhz);
  object.Set("numaNodes", info.numa_nodes);
  object.Set("sockets", info.sockets);
  object.Set("cores", info.cores);
  object.Set("threads", info.threads);
  return object;
}

Napi::Value ToJs(Environment& environment, const DomainState& state) {
  Napi::Object object = Napi::Object::New(environment.env());
  object.Set("state", state.state);
  object.Set("reason", state.reason);
  return object;
}

Napi::Value ToJs(Environment& environment, const DomainInfo& info) {
  Napi::Object object = Napi::Object::New(environment.env());
  object.Set("state", info.state);
  object.Set("maxMemoryKiB", info.max_memory_kib);
  object.Set("memoryKiB", info.memory_kib);
  object.Set("vcpus", info.vcpus);
  object.Set("cpuTimeNs", info.cpu_time_ns);
  return object;
}

Napi::Value ToJs(Environment& environment, const GuestInterface& interface) {
  const Napi::Env env = environment.env();
  Napi::Array addresses = Napi::Array::New(env, interface.addresses.size());
  for (std::size_t i = 0; i < interface.addresses.size(); i++) {
    Napi::Object address = Napi::Object::New(env);
    address.Set("type", interface.addresses[i].type);
    address.Set("address", interface.addresses[i].address);
    address.Set("prefix", interface.addresses[i].prefix);
    addresses[static_cast<uint32_t>(i)] = address;
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", interface.name);
  SetOptional(object, "mac", interface.mac);
  object.Set("addresses", addresses);
  return object;
}

Napi::Value ToJs(Environment& environment, const DhcpLease& lease) {
  Napi::Object object = Napi::Object::New(environment.env());
  object.Set("interface", lease.interface);
  object.Set("expires", lease.expires_s);
  object.Set("type", lease.type);
  SetOptional(object, "mac", lease.mac);
  SetOptional(object, "iaid", lease.iaid);
  object.Set("address", lease.address);
  object.Set("prefix", lease.prefix);
  SetOptional(object, "hostname", lease.hostname);
  SetOptional(object, "clientId", lease.client_id);
  return object;
}

Napi::Value ToJs(Environment& environment, const HeldDomain& listed) {
  Napi::Object object = Napi::Object::New(environment.env());
  object.Set("domain", ToJs(environment, listed.domain));
  object.Set("state", listed.state.state);
  object.Set("reason", listed.state.reason);
  return object;
}

Napi::Value ToJs(Environment& environment, const HeldNetwork& listed) {
  Napi::Object object = Napi::Object::New(environment.env());
  object.Set("network", ToJs(environment, listed.network));
  object.Set("active", listed.active);
  object.Set("persistent", listed.persistent);
  return object;
}

Napi::Value ToJs(Environment& environment, const std::shared_ptr<DomainHandle>& domain) {
  return DomainObject::Make(environment, domain);
}

Napi::Value ToJs(Environment& environment, const std::shared_ptr<NetworkHandle>& network) {
  return NetworkObject::Make(environment, network);
}

template <typename Item>
Napi::Value ToJs(Environment& environment, const std::vector<Item>& items) {
  Napi::Array array = Napi::Array::New(environment.env(), items.size());
  for (std::size_t i = 0; i < items.size(); i++) {
    const Napi::HandleScope scope(environment.env());
    array[static_cast<uint32_t>(i)] = ToJs(environment, items[i]);
  }
  return array;
}

template Napi::Value ToJs(Environment&, const std::vector<HeldDomain>&);
template Napi::Value ToJs(Environment&, const std::vector<HeldNetwork>&);
template Napi::Value ToJs(Environment&, const std::vector<GuestInterface>&);
template Napi::Value ToJs(Environment&, const std::vector<DhcpLease>&);
template Napi::Value ToJs(Environment&, const std::vector<DomainStats>&);
template Napi::Value ToJs(Environment&, const std::vector<std::string>&);

Napi::Value FailureToJs(Napi::Env env, const Failure& failure) {
  Napi::Object error = Napi::Error::New(env, failure.message).Value();
  error.Set("failure", Name(failure.source));
  error.Set("begun", failure.begun);
  if (failure.source == Failure::Source::kLibvirt) {
    error.Set("libvirtCode", failure.code);
    error.Set("libvirtDomain", failure.domain);
    error.Set("level", failure.level);
    error.Set("systemErrno", failure.system_errno);
    error.Set("connectionLost", failure.connection_lost);
  }
  return error;
}

}  // namespace novalet
