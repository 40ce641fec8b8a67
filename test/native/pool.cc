// The worker pool: its bounds, and what Stop promises.
#include <atomic>

#include "harness.h"

namespace novalet {

namespace {

void AFullPoolRefuses() {
  WorkerPool pool(1, 2);
  Latch started(1);
  Latch release(1);
  Latch finished(3);
  EXPECT(pool.Submit(1, [&] {
    started.CountDown();
    release.Wait();
    finished.CountDown();
  }) == WorkerPool::Admission::kAccepted);
  started.Wait();
  EXPECT(pool.Submit(2, [&] { finished.CountDown(); }) == WorkerPool::Admission::kAccepted);
  EXPECT(pool.Submit(3, [&] { finished.CountDown(); }) == WorkerPool::Admission::kAccepted);
  EXPECT(pool.Submit(4, [] {}) == WorkerPool::Admission::kFull);
  release.CountDown();
  finished.Wait();
}

void StopForgetsWhatHasNotBegunAndRunsLastAfterTheRest() {
  WorkerPool pool(2, 8);
  Latch started(2);
  Latch release(1);
  Latch last(1);
  std::atomic<int> finished{0};
  for (int i = 0; i < 2; i++) {
    pool.Submit(1, [&] {
      started.CountDown();
      release.Wait();
      finished += 1;
    });
  }
  started.Wait();
  pool.Submit(7, [] { EXPECT(false); });
  pool.Submit(8, [] { EXPECT(false); });
  const auto forgotten = pool.Stop([&] {
    EXPECT(finished == 2);
    last.CountDown();
  });
  EXPECT(forgotten == (std::vector<std::uint64_t>{7, 8}));
  EXPECT(pool.Submit(9, [] {}) == WorkerPool::Admission::kStopped);
  release.CountDown();
  last.Wait();
}

void StopOfAnUnusedPoolRunsLast() {
  WorkerPool pool(4, 4);
  Latch last(1);
  pool.Stop([&] { last.CountDown(); });
  last.Wait();
}

void JobsOfOneWorkerKeepTheirOrder() {
  WorkerPool pool(1, 100);
  std::vector<int> seen;
  Latch done(100);
  for (int i = 0; i < 100; i++) {
    pool.Submit(0, [&, i] {
      seen.push_back(i);
      done.CountDown();
    });
  }
  done.Wait();
  for (int i = 0; i < 100; i++) EXPECT(seen[static_cast<std::size_t>(i)] == i);
}

}  // namespace

void CheckPool() {
  AFullPoolRefuses();
  StopForgetsWhatHasNotBegunAndRunsLastAfterTheRest();
  StopOfAnUnusedPoolRunsLast();
  JobsOfOneWorkerKeepTheirOrder();
}

}  // namespace novalet
