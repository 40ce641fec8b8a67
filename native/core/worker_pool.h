// A bounded set of threads, made on need, that run jobs in the order in which they came.
// Knows neither libvirt nor JavaScript.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace novalet {

/// Name of the pools' threads, as /proc shows it.
constexpr char kWorkerName[] = "libvirt-call";

/// Runs `body` on a detached thread that takes no signals: those belong to the main thread. The name has at most 15
/// characters. Throws std::system_error.
void StartThread(const char* name, std::function<void()> body);

class WorkerPool {
 public:
  enum class Admission { kAccepted, kFull, kStopped };

  WorkerPool(std::size_t max_threads, std::size_t max_queued);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  /// The pool must have been stopped. Threads may outlive it: what they need is not in it.
  ~WorkerPool();

  /// Queues a job, which must not throw. Throws std::system_error when not even a first thread can be made.
  Admission Submit(std::uint64_t ticket, std::function<void()> job);

  /// Takes no more jobs, forgets those that have not begun, and has `last` run after the last running one.
  /// Does not wait. Returns the forgotten tickets. The second call does nothing and drops its `last`.
  std::vector<std::uint64_t> Stop(std::function<void()> last);

 private:
  struct State;
  static void Work(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
};

}  // namespace novalet
