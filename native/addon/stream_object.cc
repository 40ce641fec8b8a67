#include "stream_object.h"

#include <utility>

namespace novalet {

namespace {

template <typename Result>
Stream::Opened OpenedInto(Environment::Settler<Result> settle, const std::shared_ptr<StreamHandle>& handle) {
  return [settle = std::move(settle), handle](const std::string& mime_type, const std::optional<Failure>& failure) {
    auto outcome = std::make_shared<Outcome<Result>>();
    if (failure) outcome->failure = *failure;
    else if constexpr (std::is_same_v<Result, Picture>) outcome->value = Picture{mime_type, handle};
    else outcome->value = handle;
    settle(std::move(outcome));
  };
}

template <typename Result>
Napi::Value OpenAs(Napi::Env env, const DomainHandle& domain, StreamRequest request) {
  const std::shared_ptr<Connection>& connection = domain.connection();
  return Environment::Of(env).Expect<Result>(connection, [&](Environment::Settler<Result> settle) {
    request.server = connection->Request();
    request.uuid = domain.uuid();
    const std::shared_ptr<Stream> stream = Stream::Start(std::move(request));
    const auto handle = std::make_shared<StreamHandle>(connection, stream);
    stream->WhenOpen(OpenedInto<Result>(std::move(settle), handle));
  });
}

Stream::Done DoneInto(Environment::Settler<Nothing> settle) {
  return [settle = std::move(settle)](const std::optional<Failure>& failure) {
    auto outcome = std::make_shared<Outcome<Nothing>>();
    if (failure) outcome->failure = *failure;
    else outcome->value = Nothing{};
    settle(std::move(outcome));
  };
}

}  // namespace

Napi::Value OpenStream(Napi::Env env, const DomainHandle& domain, StreamRequest request) {
  if (request.kind == StreamRequest::Kind::kScreenshot) return OpenAs<Picture>(env, domain, std::move(request));
  return OpenAs<std::shared_ptr<StreamHandle>>(env, domain, std::move(request));
}

Napi::Function StreamObject::Define(Napi::Env env) {
  using Self = StreamObject;
  return DefineClass(env, "NativeStream",
                     {InstanceMethod<&Self::Read>("read"), InstanceMethod<&Self::Write>("write"),
                      InstanceMethod<&Self::Finish>("finish"), InstanceMethod<&Self::Abort>("abort")});
}

Napi::Value StreamObject::Make(Environment& environment, const std::shared_ptr<StreamHandle>& stream) {
  environment.new_stream = stream;
  return environment.stream_class.New({});
}

StreamObject::StreamObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<StreamObject>(info) {
  stream_ = std::exchange(Environment::Of(info.Env()).new_stream, nullptr);
  if (stream_ == nullptr) throw Napi::TypeError::New(info.Env(), "NativeStream cannot be constructed");
}

Napi::Value StreamObject::Read(const Napi::CallbackInfo& info) {
  return Environment::Of(info.Env()).Expect<Bytes>(stream_->connection(), [this](Environment::Settler<Bytes> settle) {
    stream_->stream().Read([settle = std::move(settle)](std::optional<std::string> bytes,
                                                             const std::optional<Failure>& failure) {
      auto outcome = std::make_shared<Outcome<Bytes>>();
      if (failure) outcome->failure = *failure;
      else outcome->value = Bytes{std::move(bytes)};
      settle(std::move(outcome));
    });
  });
}

Napi::Value StreamObject::Write(const Napi::CallbackInfo& info) {
  std::string bytes = BytesArgument(info, 0);
  return Environment::Of(info.Env())
      .Expect<Nothing>(stream_->connection(), [this, &bytes](Environment::Settler<Nothing> settle) {
        stream_->stream().Write(std::move(bytes), DoneInto(std::move(settle)));
      });
}

Napi::Value StreamObject::Finish(const Napi::CallbackInfo& info) {
  return Environment::Of(info.Env())
      .Expect<Nothing>(stream_->connection(), [this](Environment::Settler<Nothing> settle) {
        stream_->stream().Finish(DoneInto(std::move(settle)));
      });
}

Napi::Value StreamObject::Abort(const Napi::CallbackInfo& info) {
  stream_->stream().Abort();
  return info.Env().Undefined();
}

}  // namespace novalet
