#include "worker_pool.h"

#include <pthread.h>
#include <signal.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace novalet {

void StartThread(const char* name, std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // inherited by the new thread
  try {
    std::thread thread(std::move(body));
    pthread_setname_np(thread.native_handle(), name);
    thread.detach();
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

namespace {

struct Job {
  std::uint64_t ticket;
  std::function<void()> run;
};

}  // namespace

struct WorkerPool::State {
  explicit State(std::size_t threads, std::size_t queued) : max_threads(threads), max_queued(queued) {}

  const std::size_t max_threads;
  const std::size_t max_queued;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Job> queue;
  std::size_t threads = 0;
  std::size_t busy = 0;
  bool stopped = false;
  std::function<void()> last;
};

WorkerPool::WorkerPool(std::size_t max_threads, std::size_t max_queued)
    : state_(std::make_shared<State>(max_threads, max_queued)) {}

WorkerPool::~WorkerPool() { Stop(nullptr); }

WorkerPool::Admission WorkerPool::Submit(std::uint64_t ticket, std::function<void()> job) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  if (state_->stopped) return Admission::kStopped;
  // A job that a free thread is about to take is not waiting.
  if (state_->queue.size() >= state_->max_queued + state_->max_threads - state_->busy) return Admission::kFull;
  if (state_->queue.size() >= state_->threads - state_->busy && state_->threads < state_->max_threads) {
    try {
      StartThread(kWorkerName, [state = state_] { Work(state); });
      state_->threads += 1;
    } catch (const std::system_error&) {
      if (state_->threads == 0) throw;  // otherwise the threads that are there do the work
    }
  }
  state_->queue.push_back({ticket, std::move(job)});
  state_->wake.notify_one();
  return Admission::kAccepted;
}

std::vector<std::uint64_t> WorkerPool::Stop(std::function<void()> last) {
  std::deque<Job> forgotten;  // destroyed after the lock is gone: jobs own handles
  std::vector<std::uint64_t> tickets;
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    if (state_->stopped) return tickets;
    state_->stopped = true;
    forgotten.swap(state_->queue);
    if (state_->threads > 0) {
      state_->last = std::move(last);
      last = nullptr;
    }
    state_->wake.notify_all();
  }
  for (const Job& job : forgotten) tickets.push_back(job.ticket);
  if (last == nullptr) return tickets;
  try {
    StartThread(kWorkerName, last);
  } catch (const std::system_error&) {
    last();  // no thread to be had: better to block here than to leak the connection
  }
  return tickets;
}

void WorkerPool::Work(const std::shared_ptr<State>& state) {
  std::unique_lock<std::mutex> lock(state->mutex);
  while (true) {
    state->wake.wait(lock, [&] { return state->stopped || !state->queue.empty(); });
    if (state->stopped) break;
    Job job = std::move(state->queue.front());
    state->queue.pop_front();
    state->busy += 1;
    lock.unlock();
    job.run();
    job.run = nullptr;  // what it owns goes before the lock is taken again
    lock.lock();
    state->busy -= 1;
  }
  state->threads -= 1;
  if (state->threads > 0 || state->last == nullptr) return;
  const std::function<void()> last = std::move(state->last);
  state->last = nullptr;
  lock.unlock();
  last();
}

}  // namespace novalet
