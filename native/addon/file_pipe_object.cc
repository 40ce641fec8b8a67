#include "file_pipe_object.h"

#include <system_error>

#include "convert.h"

namespace novalet {

Napi::Function FilePipeObject::Define(Napi::Env env) {
  using Self = FilePipeObject;
  return DefineClass(env, "NativeFilePipe",
                     {InstanceMethod<&Self::Path>("path"), InstanceMethod<&Self::Close>("close")});
}

FilePipeObject::FilePipeObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<FilePipeObject>(info) {
  const int file = IntegerArgument(info, 0);
  const std::uint64_t offset = SizeArgument(info, 1);
  std::string head = BytesArgument(info, 2);
  try {
    pipe_ = std::make_unique<FilePipe>(file, offset, std::move(head));
  } catch (const std::system_error& error) {
    throw Napi::Error(info.Env(), FailureToJs(info.Env(), DefectFailure(error.what())));
  }
}

Napi::Value FilePipeObject::Path(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), pipe_->path());
}

Napi::Value FilePipeObject::Close(const Napi::CallbackInfo& info) {
  const FilePipe::Fed fed = pipe_->Close();
  Napi::Object told = Napi::Object::New(info.Env());
  told.Set("bytes", static_cast<double>(fed.bytes));
  told.Set("isWhole", fed.whole);
  told.Set("errno", fed.error);
  return told;
}

}  // namespace novalet
