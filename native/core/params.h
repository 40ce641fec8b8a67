// libvirt's typed parameters, copied out: a name and a value each. Rules: libvirt/libvirt-common.h.
#pragma once

#include <libvirt/libvirt.h>

#include <string>
#include <variant>
#include <vector>

namespace novalet {

struct Param {
  std::string name;
  std::variant<bool, double, long long, unsigned long long, std::string> value;
};

using Params = std::vector<Param>;

Params CopyParams(const virTypedParameter* params, int count);

/// The array that libvirt gives out, or that is filled to be given to it; freed with its strings.
class ParamArray {
 public:
  ParamArray() = default;
  ParamArray(const ParamArray&) = delete;
  ParamArray& operator=(const ParamArray&) = delete;
  ~ParamArray() { virTypedParamsFree(items, count); }

  /// Adds a value unless it is zero.
  void AddSize(const char* name, unsigned long long value);
  void AddUnsigned(const char* name, unsigned value);
  Params Copy() const { return CopyParams(items, count); }

  virTypedParameterPtr items = nullptr;
  int count = 0;

 private:
  int capacity_ = 0;
};

}  // namespace novalet
