// Results of the calls of a domain's life, and typed parameters, as JavaScript has them.
#include "convert.h"
#include "environment.h"
#include "stream_object.h"

namespace novalet {

namespace {

constexpr long long kLargestSafe = 9007199254740991;

Napi::Value ParamToJs(Napi::Env env, const Param& param) {
  if (const bool* value = std::get_if<bool>(&param.value)) return Napi::Boolean::New(env, *value);
  if (const double* value = std::get_if<double>(&param.value)) return Napi::Number::New(env, *value);
  if (const long long* value = std::get_if<long long>(&param.value)) {
    if (*value >= -kLargestSafe && *value <= kLargestSafe) {
      return Napi::Number::New(env, static_cast<double>(*value));
    }
    return Napi::BigInt::New(env, static_cast<int64_t>(*value));
  }
  if (const unsigned long long* value = std::get_if<unsigned long long>(&param.value)) {
    if (*value <= static_cast<unsigned long long>(kLargestSafe)) {
      return Napi::Number::New(env, static_cast<double>(*value));
    }
    return Napi::BigInt::New(env, static_cast<uint64_t>(*value));
  }
  return Napi::String::New(env, std::get<std::string>(param.value));
}

}  // namespace

Napi::Value ToJs(Environment& environment, const Params& params) {
  Napi::Object object = Napi::Object::New(environment.env());
  for (const Param& param : params) object.Set(param.name, ParamToJs(environment.env(), param));
  return object;
}

Napi::Value ToJs(Environment& environment, const Figures& figures) {
  Napi::Object object = Napi::Object::New(environment.env());
  for (const auto& [name, value] : figures) object.Set(name, value);
  return object;
}

Napi::Value ToJs(Environment& environment, const DomainStats& stats) {
  Napi::Object object = Napi::Object::New(environment.env());
  object.Set("name", stats.name);
  object.Set("uuid", stats.uuid);
  object.Set("values", ToJs(environment, stats.values));
  return object;
}

Napi::Value ToJs(Environment& environment, const JobStats& stats) {
  Napi::Object object = Napi::Object::New(environment.env());
  object.Set("type", stats.type);
  object.Set("params", ToJs(environment, stats.params));
  return object;
}

Napi::Value ToJs(Environment& environment, const BlockInfo& info) {
  Napi::Object object = Napi::Object::New(environment.env());
  object.Set("capacity", info.capacity);
  object.Set("allocation", info.allocation);
  object.Set("physical", info.physical);
  return object;
}

Napi::Value ToJs(Environment& environment, const BlockJob& job) {
  if (!job.there) return environment.env().Undefined();
  Napi::Object object = Napi::Object::New(environment.env());
  object.Set("type", job.type);
  object.Set("bandwidth", job.bandwidth);
  object.Set("current", job.current);
  object.Set("end", job.end);
  return object;
}

Napi::Value ToJs(Environment& environment, const std::shared_ptr<StreamHandle>& stream) {
  return StreamObject::Make(environment, stream);
}

Napi::Value ToJs(Environment& environment, const Picture& picture) {
  Napi::Object object = Napi::Object::New(environment.env());
  object.Set("mimeType", picture.mime_type);
  object.Set("stream", ToJs(environment, picture.stream));
  return object;
}

Napi::Value ToJs(Environment& environment, const Bytes& bytes) {
  if (!bytes.data) return environment.env().Undefined();
  return Napi::Buffer<char>::Copy(environment.env(), bytes.data->data(), bytes.data->size());
}

}  // namespace novalet
