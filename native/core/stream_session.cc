// What a stream does with libvirt: opening, sending and closing on its own thread, reading on libvirt's event thread.
#include <libvirt/virterror.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "number_table.h"
#include "stream.h"

namespace novalet {

namespace {

// A message of libvirt's protocol takes 256 KiB at most; smaller ones are taken whole.
constexpr std::size_t kSendBytes = 64 * 1024;
constexpr std::size_t kReceiveBytes = 64 * 1024;
// What virStreamSend and virStreamRecv say instead of blocking.
constexpr int kWouldBlock = -2;
using StreamTable = NumberTable<Stream>;
constexpr int kReading = VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP;

struct FreeStream {
  void operator()(virStreamPtr stream) const { virStreamFree(stream); }
};

}  // namespace

struct Stream::Session {
  OwnedConnect connection;
  std::unique_ptr<virStream, FreeStream> stream;
  std::uint64_t number = 0;  // for callbacks; none when 0
  bool listening = false;
};

void Stream::Run() {
  Session session;
  std::optional<Failure> failure;
  try {
    Open(session);
    Serve(session);
  } catch (const CallFailed& failed) {
    failure = failed.failure();
  } catch (const std::exception& error) {
    failure = DefectFailure(error.what());
  }
  const std::optional<Failure> late = Shut(session);
  if (!failure) failure = late;
  if (failure && failure->source == Failure::Source::kLibvirt && session.connection != nullptr) {
    failure->connection_lost = virConnectIsAlive(session.connection.get()) == 0;
  }
  End(std::move(failure));
  session.stream.reset();
  session.connection.reset();
  virResetLastError();
}

void Stream::Open(Session& session) {
  session.connection = OpenServer(request_.server);
  const OwnedDomain domain = DomainByUuid(session.connection.get(), request_.uuid);
  session.stream.reset(Check(virStreamNew(session.connection.get(), VIR_STREAM_NONBLOCK)));
  const virStreamPtr stream = session.stream.get();
  std::string mime_type;
  const char* device = request_.device ? request_.device->c_str() : nullptr;
  switch (request_.kind) {
    case StreamRequest::Kind::kConsole:
      Check(virDomainOpenConsole(domain.get(), device, stream, request_.number));
      break;
    case StreamRequest::Kind::kChannel:
      Check(virDomainOpenChannel(domain.get(), device, stream, request_.number));
      break;
    case StreamRequest::Kind::kScreenshot:
      mime_type = TakeText(virDomainScreenshot(domain.get(), stream, request_.number, 0));
      break;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    mime_type_ = std::move(mime_type);
  }
  session.number = StreamTable::Add(shared_from_this());
  void* const opaque = StreamTable::Opaque(session.number);
  session.listening = Check(virStreamEventAddCallback(stream, kReading, OnEvent, opaque, nullptr)) == 0;
}

/// Until all is sent and the stream is to end.
void Stream::Serve(Session& session) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (cancelled_) return;
  open_ = true;
  if (const Opened opened = std::exchange(waiting_.opened, nullptr)) {
    lock.unlock();
    opened(mime_type_, std::nullopt);
    lock.lock();
  }
  while (true) {
    wake_.wait(lock, [this] {
      return cancelled_ || drained_ || (!blocked_ && !waiting_.orders.empty()) ||
             (waiting_.orders.empty() && waiting_.finisher);
    });
    if (cancelled_ || drained_ || waiting_.orders.empty()) return;
    SendSome(session, lock);
  }
}

/// Offers libvirt the first of what is to be sent.
void Stream::SendSome(Session& session, std::unique_lock<std::mutex>& lock) {
  Order order = std::move(waiting_.orders.front());
  waiting_.orders.pop_front();
  waiting_.sender = std::move(order.done);
  blocked_ = true;
  lock.unlock();
  int sent = 1;
  while (order.sent < order.bytes.size() && sent > 0) {
    const std::size_t size = std::min(order.bytes.size() - order.sent, kSendBytes);
    sent = virStreamSend(session.stream.get(), order.bytes.data() + order.sent, size);
    if (sent > 0) order.sent += static_cast<std::size_t>(sent);
  }
  if (sent == -1) ThrowLibvirtError();
  if (sent == kWouldBlock || sent == 0) {
    Check(virStreamEventUpdateCallback(session.stream.get(), kReading | VIR_STREAM_EVENT_WRITABLE));
    lock.lock();
    order.done = std::exchange(waiting_.sender, nullptr);
    if (order.done) waiting_.orders.push_front(std::move(order));
    return;
  }
  lock.lock();
  blocked_ = false;
  if (const Done done = std::exchange(waiting_.sender, nullptr)) {
    lock.unlock();
    done(std::nullopt);
    lock.lock();
  }
}

/// Closes libvirt's stream, in order unless it was cancelled or has failed.
std::optional<Failure> Stream::Shut(Session& session) {
  if (session.listening) StopEvents(session);
  StreamTable::Remove(session.number);
  if (!session.listening) return std::nullopt;
  std::optional<Failure> failure;
  bool in_order = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    failure = failure_;
    in_order = !cancelled_ && !failure_;
  }
  if (!in_order) {
    virStreamAbort(session.stream.get());
  } else if (virStreamFinish(session.stream.get()) < 0) {
    failure = TakeLibvirtError();
  }
  return failure;
}

/// Returns when OnEvent does not run and never will. The callback is taken away on the thread that runs it: streams of
/// drivers that live in this process are not safe from being closed while they call back.
void Stream::StopEvents(Session& session) {
  std::unique_lock<std::mutex> lock(mutex_);
  listened_ = session.stream.get();
  lock.unlock();
  if (virEventAddTimeout(0, OnStop, StreamTable::Opaque(session.number), nullptr) < 0) {
    virStreamEventRemoveCallback(session.stream.get());  // no memory: then from here, rather than never
    return;
  }
  lock.lock();
  wake_.wait(lock, [this] { return listened_ == nullptr; });
}

void Stream::OnStop(int timer, void* opaque) {
  virEventRemoveTimeout(timer);
  const std::shared_ptr<Stream> self = StreamTable::Find(opaque);
  if (self == nullptr) return;
  const std::lock_guard<std::mutex> lock(self->mutex_);
  if (self->listened_ == nullptr) return;
  virStreamEventRemoveCallback(self->listened_);
  virResetLastError();
  self->listened_ = nullptr;
  self->wake_.notify_all();
}

void Stream::OnEvent(virStreamPtr stream, int events, void* opaque) {
  if (const std::shared_ptr<Stream> self = StreamTable::Find(opaque)) self->Drain(stream, events);
}

/// Takes all that has come; nothing blocks here.
void Stream::Drain(virStreamPtr stream, int events) {
  if ((events & VIR_STREAM_EVENT_WRITABLE) != 0) {
    virStreamEventUpdateCallback(stream, kReading);
    const std::lock_guard<std::mutex> lock(mutex_);
    blocked_ = false;
    wake_.notify_all();
  }
  if ((events & kReading) == 0) return;
  std::string buffer(kReceiveBytes, '\0');
  int received = 0;
  while ((received = virStreamRecv(stream, buffer.data(), buffer.size())) > 0) {
    Take(buffer.data(), static_cast<std::size_t>(received));
    const std::lock_guard<std::mutex> lock(mutex_);
    if (drained_ || cancelled_) break;
  }
  const bool hung_up = (events & (VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP)) != 0;
  if (received == kWouldBlock && !hung_up) return;
  std::optional<Failure> failure;
  if (received == -1) failure = TakeLibvirtError();
  virStreamEventUpdateCallback(stream, 0);
  virResetLastError();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!drained_ && failure) failure_ = std::move(failure);
  drained_ = true;
  wake_.notify_all();
}

}  // namespace novalet
