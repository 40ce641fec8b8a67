// What the checks of native/core share: a way to wait for workers, with an end, and a way to fail.
#pragma once

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>

#include "connection.h"

#define EXPECT(condition)                                                          \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #condition); \
      std::_Exit(1);                                                               \
    }                                                                              \
  } while (false)

namespace novalet {

/// Opens when it was counted down; waiting longer than a minute is a failure.
class Latch {
 public:
  explicit Latch(int count) : count_(count) {}
  void CountDown();
  void Wait();

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  int count_;
};

/// Runs `work` on a worker of the connection and waits for it; what it throws is thrown here.
void Run(Connection& connection, const std::function<void()>& work);

/// An open connection to libvirt's test driver, which lives in this process.
std::shared_ptr<Connection> OpenTest(std::size_t max_workers = 4, std::size_t max_queued = 64);

/// Closes and waits until everything is let go.
void CloseAndWait(Connection& connection);

/// Waits until every worker thread has ended: all that they held is let go then. There is a limit of a minute.
void AwaitWorkersEnd();

void CheckPool();
void CheckCalls();
void CheckFaults();
void CheckLife();
void CheckHandles();
void CheckEvents();
void CheckStreams(int rounds);
void CheckPipes(int rounds);
void CheckRaces(int rounds);

}  // namespace novalet
