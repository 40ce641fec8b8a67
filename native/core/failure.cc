#include "failure.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

namespace novalet {

Failure TakeLibvirtError() {
  Failure failure;
  failure.source = Failure::Source::kLibvirt;
  failure.begun = true;
  const virErrorPtr error = virGetLastError();
  if (error == nullptr) {
    failure.code = VIR_ERR_INTERNAL_ERROR;
    failure.level = VIR_ERR_ERROR;
    failure.message = "libvirt gave no reason";
    return failure;
  }
  failure.code = error->code;
  failure.domain = error->domain;
  failure.level = error->level;
  // virReportSystemError keeps errno in the first integer.
  if (error->code == VIR_ERR_SYSTEM_ERROR && error->int1 > 0) failure.system_errno = error->int1;
  failure.message = error->message == nullptr ? "libvirt gave no reason" : error->message;
  virResetLastError();
  return failure;
}

void ThrowLibvirtError() { throw CallFailed(TakeLibvirtError()); }

Failure ClosedFailure(bool begun) {
  Failure failure;
  failure.source = Failure::Source::kClosed;
  failure.begun = begun;
  failure.message = "the connection is closed";
  return failure;
}

Failure FullFailure() {
  Failure failure;
  failure.source = Failure::Source::kFull;
  failure.message = "too many calls are waiting";
  return failure;
}

Failure DefectFailure(const std::string& message) {
  Failure failure;
  failure.message = message;
  return failure;
}

void SilenceLibvirt() {
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
}

}  // namespace novalet
