// How other threads reach the JavaScript thread of one environment: they post letters, which are read there in order.
#pragma once

#include <napi.h>

#include <functional>
#include <mutex>

namespace novalet {

class Environment;

class Mailbox {
 public:
  using Letter = std::function<void(Environment&)>;

  /// On the JavaScript thread.
  explicit Mailbox(Napi::Env env);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// On any thread, at any time; after Close the letter is dropped.
  void Post(Letter letter);

  // On the JavaScript thread.
  /// Whether unread letters are to be waited for by the process. At first they are not.
  void KeepProcess(bool keep);
  /// No letter is read from now on.
  void Close();

 private:
  const napi_env env_;
  std::mutex mutex_;
  napi_threadsafe_function function_ = nullptr;
  bool open_ = true;
};

}  // namespace novalet
