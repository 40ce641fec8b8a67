#include "mailbox.h"

#include <memory>
#include <utility>

#include "environment.h"

namespace novalet {

namespace {

void ReadLetter(napi_env env, napi_value, void*, void* data) {
  const std::unique_ptr<Mailbox::Letter> letter(static_cast<Mailbox::Letter*>(data));
  if (env == nullptr) return;  // the environment is going: dropped
  try {
    (*letter)(Environment::Of(Napi::Env(env)));
  } catch (const Napi::Error& error) {
    try {
      error.ThrowAsJavaScriptException();
    } catch (const Napi::Error&) {
      // The environment is being terminated: there is no JavaScript left to hear of it.
    }
  }
}

}  // namespace

Mailbox::Mailbox(Napi::Env env) : env_(env) {
  const napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "novalet"), 0, 1, nullptr, nullptr,
                                      nullptr, ReadLetter, &function_);
  NAPI_THROW_IF_FAILED_VOID(env, status);
  NAPI_THROW_IF_FAILED_VOID(env, napi_unref_threadsafe_function(env, function_));
}

void Mailbox::Post(Letter letter) {
  auto posted = std::make_unique<Letter>(std::move(letter));  // outlives the lock when it is dropped
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!open_) return;
  if (napi_call_threadsafe_function(function_, posted.get(), napi_tsfn_nonblocking) == napi_ok) posted.release();
}

void Mailbox::KeepProcess(bool keep) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!open_) return;
  if (keep) napi_ref_threadsafe_function(env_, function_);
  else napi_unref_threadsafe_function(env_, function_);
}

void Mailbox::Close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!open_) return;
  open_ = false;
  napi_release_threadsafe_function(function_, napi_tsfn_abort);
}

}  // namespace novalet
