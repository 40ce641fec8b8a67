// The JavaScript class over a stream. Reading, writing and finishing return promises; aborting needs none.
#pragma once

#include <napi.h>

#include <memory>

#include "environment.h"

namespace novalet {

class StreamObject final : public Napi::ObjectWrap<StreamObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Value Make(Environment& environment, const std::shared_ptr<StreamHandle>& stream);
  /// Only for Make, which leaves the handle in the environment.
  explicit StreamObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value Read(const Napi::CallbackInfo& info);
  Napi::Value Write(const Napi::CallbackInfo& info);
  Napi::Value Finish(const Napi::CallbackInfo& info);
  Napi::Value Abort(const Napi::CallbackInfo& info);

  std::shared_ptr<StreamHandle> stream_;
};

/// Opens a stream of the domain, which the request names with its server; the promise gets the stream, or the picture.
Napi::Value OpenStream(Napi::Env env, const DomainHandle& domain, StreamRequest request);

}  // namespace novalet
