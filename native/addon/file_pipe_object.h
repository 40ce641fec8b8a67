// The JavaScript class over a pipe that is filled from a file. Nothing in it waits, so nothing returns a promise.
#pragma once

#include <napi.h>

#include <memory>

#include "../core/file_pipe.h"

namespace novalet {

class FilePipeObject final : public Napi::ObjectWrap<FilePipeObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  /// (file descriptor, offset, head)
  explicit FilePipeObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value Path(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  std::unique_ptr<FilePipe> pipe_;
};

}  // namespace novalet
