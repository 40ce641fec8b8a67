#include "file_pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include "worker_pool.h"

namespace novalet {

namespace {

// As much as one call may move; the pipe holds less.
constexpr std::size_t kSplice = 1 << 20;
// What the pipe holds where the system allows it: on a busy host a reader then waits for the thread a few times a clone, and
// not hundreds of times.
constexpr int kPipeBytes = 256 * 1024;
// Where the reading end's number begins. To a process of another pid namespace the path names another process, or none:
// one that has as many files open is hardly ever met there.
constexpr int kLeastNumber = 700;

[[noreturn]] void ThrowErrno(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { Reset(); }

  int get() const { return number_; }
  void Reset(int number = -1) {
    const int before = std::exchange(number_, number);
    if (before >= 0) close(before);
  }

 private:
  int number_;
};

int Duplicate(int number, int least) {
  const int copy = fcntl(number, F_DUPFD_CLOEXEC, least);
  return copy < 0 && errno == EINVAL ? fcntl(number, F_DUPFD_CLOEXEC, 0) : copy;  // so many are not allowed here
}

}  // namespace

struct FilePipe::State {
  State(int from, std::uint64_t at, std::string first) : file(Duplicate(from, 0)), offset(at), head(std::move(first)) {
    if (file.get() < 0) ThrowErrno("fcntl");
    if (wake.get() < 0) ThrowErrno("eventfd");
  }

  void Run();
  bool WriteHead();
  bool SpliceFile();
  bool Advance(ssize_t moved);
  bool AwaitRoom();

  Descriptor file;
  std::uint64_t offset;
  std::string head;
  Descriptor writer{-1};                                       // the thread's
  Descriptor reader{-1};                                       // the owner's
  const Descriptor wake{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};  // readable: stop
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<bool> whole{false};
  std::atomic<bool> stop{false};
  std::atomic<int> error{0};
};

FilePipe::FilePipe(int file, std::uint64_t offset, std::string head)
    : state_(std::make_shared<State>(file, offset, std::move(head))) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) ThrowErrno("pipe2");
  state_->writer.Reset(ends[1]);
  static_cast<void>(fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes));  // refused to a user who has many: it is smaller then
  const Descriptor low(ends[0]);
  state_->reader.Reset(Duplicate(low.get(), kLeastNumber));
  if (state_->reader.get() < 0) ThrowErrno("fcntl");
  path_ = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(state_->reader.get());
  StartThread(kFeederName, [state = state_] { state->Run(); });
}

FilePipe::~FilePipe() { Close(); }

FilePipe::Fed FilePipe::Close() {
  if (state_->reader.get() >= 0) {
    state_->stop = true;
    const std::uint64_t one = 1;
    while (write(state_->wake.get(), &one, sizeof one) < 0 && errno == EINTR) continue;
    state_->reader.Reset();
  }
  return {state_->bytes, state_->whole, state_->error};
}

void FilePipe::State::Run() {
  if (WriteHead() && SpliceFile()) whole = true;
  writer.Reset();
  file.Reset();
}

bool FilePipe::State::WriteHead() {
  std::size_t written = 0;
  while (written < head.size()) {
    const ssize_t moved = write(writer.get(), head.data() + written, head.size() - written);
    if (!Advance(moved)) return false;
    if (moved > 0) written += static_cast<std::size_t>(moved);
  }
  return true;
}

bool FilePipe::State::SpliceFile() {
  for (;;) {
    auto at = static_cast<off64_t>(offset);
    const ssize_t moved = splice(file.get(), &at, writer.get(), nullptr, kSplice, SPLICE_F_NONBLOCK);
    if (moved == 0) return true;
    if (!Advance(moved)) return false;
    if (moved > 0) offset += static_cast<std::uint64_t>(moved);
  }
}

/// Counts what was moved, or waits until something can be; false when it failed or was stopped.
bool FilePipe::State::Advance(ssize_t moved) {
  if (moved >= 0) {
    bytes += static_cast<std::uint64_t>(moved);
    return !stop;
  }
  if (errno == EINTR) return true;
  if (errno == EAGAIN) return AwaitRoom();
  if (errno != EPIPE) error = errno;  // EPIPE: Close was called, and nobody else reads
  return false;
}

bool FilePipe::State::AwaitRoom() {
  pollfd waited[] = {{writer.get(), POLLOUT, 0}, {wake.get(), POLLIN, 0}};
  while (poll(waited, 2, -1) < 0) {
    if (errno == EINTR) continue;
    error = errno;
    return false;
  }
  return waited[1].revents == 0;
}

}  // namespace novalet
