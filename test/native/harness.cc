#include "harness.h"

#include <dirent.h>

#include <chrono>
#include <exception>
#include <fstream>
#include <string>
#include <thread>

#include "file_pipe.h"
#include "stream.h"

namespace novalet {

void Latch::CountDown() {
  const std::lock_guard<std::mutex> lock(mutex_);
  count_ -= 1;
  wake_.notify_all();
}

void Latch::Wait() {
  std::unique_lock<std::mutex> lock(mutex_);
  EXPECT(wake_.wait_for(lock, std::chrono::minutes(1), [this] { return count_ <= 0; }));
}

void Run(Connection& connection, const std::function<void()>& work) {
  Latch done(1);
  std::exception_ptr thrown;
  const auto admission = connection.Submit(0, [&] {
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
    done.CountDown();
  });
  EXPECT(admission == WorkerPool::Admission::kAccepted);
  done.Wait();
  if (thrown) std::rethrow_exception(thrown);
}

std::shared_ptr<Connection> OpenTest(std::size_t max_workers, std::size_t max_queued) {
  auto connection = std::make_shared<Connection>(max_workers, max_queued);
  Run(*connection, [&] {
    OpenRequest request;
    request.uri = "test:///default";
    request.keep_alive_interval_s = 5;
    request.keep_alive_count = 6;
    connection->Open(request);
  });
  return connection;
}

void CloseAndWait(Connection& connection) {
  Latch closed(1);
  connection.Close([&] { closed.CountDown(); });
  closed.Wait();
}

namespace {

int CountWorkers() {
  DIR* const folder = opendir("/proc/self/task");
  EXPECT(folder != nullptr);
  int count = 0;
  while (const dirent* entry = readdir(folder)) {
    std::ifstream file(std::string("/proc/self/task/") + entry->d_name + "/comm");
    std::string name;
    if (std::getline(file, name) && (name == kWorkerName || name == kStreamName || name == kFeederName)) count += 1;
  }
  closedir(folder);
  return count;
}

}  // namespace

void AwaitWorkersEnd() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (CountWorkers() > 0) {
    EXPECT(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace novalet

// check [ROUNDS]: how often the races are run; memory in use at exit must not depend on it.
int main(int argc, char** argv) {
  novalet::CheckPool();
  novalet::CheckCalls();
  novalet::CheckFaults();
  novalet::CheckLife();
  novalet::CheckHandles();
  novalet::CheckEvents();
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 20;
  novalet::CheckStreams(rounds);
  novalet::CheckPipes(rounds);
  novalet::CheckRaces(rounds);
  novalet::AwaitWorkersEnd();
  std::puts("native/core: all checks passed");
  return 0;
}
