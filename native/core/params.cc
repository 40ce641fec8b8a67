#include "params.h"

#include "failure.h"

namespace novalet {

Params CopyParams(const virTypedParameter* params, int count) {
  Params copied;
  copied.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; i++) {
    const virTypedParameter& raw = params[i];
    Param param;
    param.name = raw.field;
    switch (raw.type) {
      case VIR_TYPED_PARAM_INT: param.value = static_cast<long long>(raw.value.i); break;
      case VIR_TYPED_PARAM_UINT: param.value = static_cast<unsigned long long>(raw.value.ui); break;
      case VIR_TYPED_PARAM_LLONG: param.value = raw.value.l; break;
      case VIR_TYPED_PARAM_ULLONG: param.value = raw.value.ul; break;
      case VIR_TYPED_PARAM_DOUBLE: param.value = raw.value.d; break;
      case VIR_TYPED_PARAM_BOOLEAN: param.value = raw.value.b != 0; break;
      case VIR_TYPED_PARAM_STRING: param.value = std::string(raw.value.s == nullptr ? "" : raw.value.s); break;
      default: continue;  // a type of a later libvirt
    }
    copied.push_back(std::move(param));
  }
  return copied;
}

void ParamArray::AddSize(const char* name, unsigned long long value) {
  if (value != 0) Check(virTypedParamsAddULLong(&items, &count, &capacity_, name, value));
}

void ParamArray::AddUnsigned(const char* name, unsigned value) {
  if (value != 0) Check(virTypedParamsAddUInt(&items, &count, &capacity_, name, value));
}

}  // namespace novalet
