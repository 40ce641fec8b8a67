// How a call fails, as a value that may cross threads: libvirt's own error copied out, or a refusal of ours.
// Knows no JavaScript. Rules: libvirt/virterror.h.
#pragma once

#include <exception>
#include <string>

namespace novalet {

struct Failure {
  enum class Source {
    kLibvirt,   // libvirt reported an error: code, domain and level are its own
    kClosed,    // the connection was closed by this process
    kFull,      // too many calls are waiting
    kAborted,   // the stream was aborted by this process
    kOverrun,   // a stream's bytes came faster than they were read
    kArgument,  // the arguments cannot be handed to libvirt
    kDefect     // anything else, such as no memory or no thread
  };

  Source source = Source::kDefect;
  int code = 0;
  int domain = 0;
  int level = 0;
  int system_errno = 0;          // errno, for VIR_ERR_SYSTEM_ERROR; else 0
  bool connection_lost = false;  // the connection was found dead right after the call
  bool begun = false;            // the call had been handed to libvirt
  std::string message;
};

class CallFailed : public std::exception {
 public:
  explicit CallFailed(Failure failure) : failure_(std::move(failure)) {}
  const Failure& failure() const { return failure_; }
  const char* what() const noexcept override { return failure_.message.c_str(); }

 private:
  Failure failure_;
};

/// Takes the error that libvirt stored for this thread; see ThrowLibvirtError.
Failure TakeLibvirtError();

/// Throws the error that libvirt stored for this thread. Call it right after the call that failed, on the same thread.
[[noreturn]] void ThrowLibvirtError();

/// Passes a result on, or throws libvirt's error when it is below zero.
inline int Check(int result) {
  if (result < 0) ThrowLibvirtError();
  return result;
}

/// Passes a pointer on, or throws libvirt's error when it is null.
template <typename T>
T* Check(T* result) {
  if (result == nullptr) ThrowLibvirtError();
  return result;
}

Failure ClosedFailure(bool begun);
Failure FullFailure();
Failure DefectFailure(const std::string& message);

/// Keeps libvirt from printing errors to standard error; they travel as values. Process-wide.
void SilenceLibvirt();

}  // namespace novalet
