// What JavaScript gets when it loads the addon: one class to open connections with, one for pipes that are filled from a
// file, and the version of this interface.
// Loading starts nothing: no thread, no connection.
#include <napi.h>

#include "connection_object.h"
#include "domain_object.h"
#include "environment.h"
#include "file_pipe_object.h"
#include "network_object.h"
#include "stream_object.h"

namespace novalet {

namespace {

// Raised whenever the methods or what they take change; src/libvirt/addon.ts asks for the same number. An export that is
// added changes nothing for who does not use it: who does looks whether it is there.
constexpr int kInterfaceVersion = 2;

Napi::Object Load(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment(env);
  env.SetInstanceData(environment);  // owns it from here on
  const Napi::Function connection_class = ConnectionObject::Define(env);
  environment->domain_class = Napi::Persistent(DomainObject::Define(env));
  environment->network_class = Napi::Persistent(NetworkObject::Define(env));
  environment->stream_class = Napi::Persistent(StreamObject::Define(env));
  exports.Set("interfaceVersion", kInterfaceVersion);
  exports.Set("Connection", connection_class);
  exports.Set("FilePipe", FilePipeObject::Define(env));
  return exports;
}

}  // namespace

}  // namespace novalet

static Napi::Object Init(Napi::Env env, Napi::Object exports) { return novalet::Load(env, exports); }

NODE_API_MODULE(novalet, Init)
