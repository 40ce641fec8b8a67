// What libvirt's callbacks are given instead of a pointer: a number that is looked up, so that a late callback finds
// nothing rather than freed memory. One table for each kind of thing.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace novalet {

template <typename Item>
class NumberTable {
 public:
  static std::uint64_t Add(std::shared_ptr<Item> item) {
    Entries& entries = Get();
    const std::lock_guard<std::mutex> lock(entries.mutex);
    const std::uint64_t number = entries.next++;
    entries.items.emplace(number, std::move(item));
    return number;
  }

  static void Remove(std::uint64_t number) {
    Entries& entries = Get();
    std::shared_ptr<Item> item;  // outlives the lock
    const std::lock_guard<std::mutex> lock(entries.mutex);
    const auto found = entries.items.find(number);
    if (found == entries.items.end()) return;
    item = std::move(found->second);
    entries.items.erase(found);
  }

  static std::shared_ptr<Item> Find(const void* opaque) {
    Entries& entries = Get();
    const std::lock_guard<std::mutex> lock(entries.mutex);
    const auto found = entries.items.find(reinterpret_cast<std::uintptr_t>(opaque));
    return found == entries.items.end() ? nullptr : found->second;
  }

  static void* Opaque(std::uint64_t number) { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number)); }

 private:
  struct Entries {
    std::mutex mutex;
    std::uint64_t next = 1;
    std::unordered_map<std::uint64_t, std::shared_ptr<Item>> items;
  };

  // Never destroyed: threads may still look things up while the process exits.
  static Entries& Get() {
    static Entries* const entries = new Entries;
    return *entries;
  }
};

}  // namespace novalet
