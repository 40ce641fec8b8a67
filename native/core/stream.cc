#include "stream.h"

#include <atomic>
#include <utility>

#include "worker_pool.h"

namespace novalet {

namespace {

// Each takes a thread, a connection to the server and what may be unread.
constexpr int kMaxStreams = 256;
// Bytes that come one by one are handed on together, up to here.
constexpr std::size_t kChunkBytes = 64 * 1024;

std::atomic<int> streams{0};

Failure AbortedFailure() {
  Failure failure;
  failure.source = Failure::Source::kAborted;
  failure.message = "the stream was aborted";
  return failure;
}

Failure EndedFailure() {
  Failure failure = AbortedFailure();
  failure.message = "the stream has ended";
  return failure;
}

Failure OverrunFailure() {
  Failure failure;
  failure.source = Failure::Source::kOverrun;
  failure.message = "bytes came faster than they were read";
  return failure;
}

}  // namespace

std::shared_ptr<Stream> Stream::Start(StreamRequest request) {
  auto stream = std::make_shared<Stream>(std::move(request));
  if (streams.load() > kMaxStreams) throw CallFailed(FullFailure());
  StartThread(kStreamName, [stream] { stream->Run(); });
  return stream;
}

Stream::Stream(StreamRequest request) : request_(std::move(request)) { streams.fetch_add(1); }

Stream::~Stream() { streams.fetch_sub(1); }

void Stream::WhenOpen(Opened opened) {
  std::optional<Failure> failure;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!open_ && !ended_) {
      waiting_.opened = std::move(opened);
      return;
    }
    if (!open_) failure = failure_;
  }
  opened(mime_type_, failure);
}

void Stream::Read(ReadDone done) {
  std::optional<std::string> bytes;
  std::optional<Failure> failure;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!unread_.empty()) {
      bytes = std::move(unread_.front());
      unread_.pop_front();
      unread_bytes_ -= bytes->size();
    } else if (ended_) {
      failure = failure_;
    } else {
      waiting_.readers.push_back(std::move(done));
      return;
    }
  }
  done(std::move(bytes), failure);
}

void Stream::Write(std::string bytes, Done done) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!ended_) {
      waiting_.orders.push_back({std::move(bytes), 0, std::move(done)});
      wake_.notify_all();
      return;
    }
  }
  done(failure_ ? *failure_ : EndedFailure());
}

void Stream::Finish(Done done) {
  std::optional<Failure> failure;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!ended_ && !waiting_.finisher) {
      waiting_.finisher = std::move(done);
      wake_.notify_all();
      return;
    }
    failure = ended_ ? failure_ : EndedFailure();
  }
  done(failure);
}

void Stream::Abort() {
  Cancel();
  End(AbortedFailure());
}

void Stream::Cancel() {
  const std::lock_guard<std::mutex> lock(mutex_);
  cancelled_ = true;
  unread_.clear();
  unread_bytes_ = 0;
  wake_.notify_all();
}

Stream::Waiting Stream::TakeWaiting() { return std::exchange(waiting_, Waiting()); }

/// What comes first counts; called again it does nothing.
void Stream::End(std::optional<Failure> failure) {
  Waiting waiting;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ended_) return;
    ended_ = true;
    failure_ = cancelled_ ? AbortedFailure() : std::move(failure);
    waiting = TakeWaiting();
    wake_.notify_all();
  }
  // failure_ does not change any more.
  if (failure_) {
    waiting.Fail(*failure_);
    return;
  }
  for (ReadDone& reader : waiting.readers) reader(std::nullopt, std::nullopt);
  waiting.FailWrites(EndedFailure());
  if (waiting.finisher) waiting.finisher(std::nullopt);
}

void Stream::Waiting::Fail(const Failure& failure) {
  if (opened) opened(std::string(), failure);
  for (ReadDone& reader : readers) reader(std::nullopt, failure);
  FailWrites(failure);
  if (finisher) finisher(failure);
}

void Stream::Waiting::FailWrites(const Failure& failure) {
  if (sender) sender(failure);
  for (Order& order : orders) order.done(failure);
}

/// Bytes that libvirt gave: for who waits, or to be kept.
void Stream::Take(const char* bytes, std::size_t size) {
  ReadDone reader;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ended_ || cancelled_ || drained_) return;
    if (!waiting_.readers.empty()) {
      reader = std::move(waiting_.readers.front());
      waiting_.readers.pop_front();
    } else if (unread_bytes_ + size > request_.max_unread) {
      failure_ = OverrunFailure();
      drained_ = true;
      wake_.notify_all();
      return;
    } else {
      unread_bytes_ += size;
      if (unread_.empty() || unread_.back().size() + size > kChunkBytes) unread_.emplace_back(bytes, size);
      else unread_.back().append(bytes, size);
      return;
    }
  }
  reader(std::string(bytes, size), std::nullopt);
}

StreamHandle::StreamHandle(std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream)
    : connection_(std::move(connection)), stream_(std::move(stream)) {
  if (!connection_->Adopt(this)) stream_->Cancel();
}

StreamHandle::~StreamHandle() {
  connection_->Disown(this);
  stream_->Abort();
}

std::shared_ptr<void> StreamHandle::GiveAway() {
  stream_->Cancel();
  return stream_;
}

}  // namespace novalet
