// A string that may carry a password: wiped when it goes.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace novalet {

class SecretText {
 public:
  explicit SecretText(std::string text) : text_(new std::string(std::move(text)), Wipe) {}
  const char* c_str() const { return text_->c_str(); }

 private:
  static void Wipe(std::string* text) {
    explicit_bzero(text->data(), text->size());
    delete text;
  }

  std::shared_ptr<std::string> text_;  // shared, so that copies of a job copy no secret
};

}  // namespace novalet
