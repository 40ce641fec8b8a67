// A stream of bytes from and to a domain, with a connection and a thread of its own: a guest that does not read stops
// libvirt from reading that connection, and so holds up nothing else. Knows no JavaScript.
//
// Bytes are taken from libvirt on its event thread as they come, because libvirt itself would queue them without bound;
// the thread opens, sends and closes, which may block.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "connection.h"
#include "failure.h"
#include "host_calls.h"

namespace novalet {

/// Name of the streams' threads, as /proc shows it.
constexpr char kStreamName[] = "libvirt-stream";

struct StreamRequest {
  enum class Kind { kConsole, kChannel, kScreenshot };

  OpenRequest server;
  std::string uuid;  // of the domain
  Kind kind = Kind::kConsole;
  OptionalText device;  // alias or name; none: the first
  unsigned number = 0;  // the flags, or the screen
  std::size_t max_unread = 0;
};

class Stream final : public std::enable_shared_from_this<Stream> {
 public:
  /// Called once, on any thread; must neither block nor call the stream.
  using Done = std::function<void(const std::optional<Failure>&)>;
  /// The bytes; none: the end, when there is no failure either.
  using ReadDone = std::function<void(std::optional<std::string>, const std::optional<Failure>&)>;
  using Opened = std::function<void(std::string mime_type, const std::optional<Failure>&)>;

  /// Begins to open it. Throws CallFailed when there are too many, std::system_error when there is no thread.
  static std::shared_ptr<Stream> Start(StreamRequest request);
  explicit Stream(StreamRequest request);
  ~Stream();

  // On any thread; none of these blocks.
  void WhenOpen(Opened opened);
  void Read(ReadDone done);
  void Write(std::string bytes, Done done);
  /// Ends it in order, after what was written.
  void Finish(Done done);
  /// Ends it now, and fails all that waits.
  void Abort();
  /// Ends it, and has the thread fail what waits when it gets to it; calls back nothing itself.
  void Cancel();

 private:
  struct Session;
  struct Order {
    std::string bytes;
    std::size_t sent = 0;
    Done done;  // until it is being sent; then it is `sender`
  };
  /// Callbacks taken out from under the lock.
  struct Waiting {
    Opened opened;
    std::deque<ReadDone> readers;
    std::deque<Order> orders;
    Done sender;
    Done finisher;
    void Fail(const Failure& failure);
    void FailWrites(const Failure& failure);
  };

  // stream.cc
  Waiting TakeWaiting();
  void End(std::optional<Failure> failure);
  void Take(const char* bytes, std::size_t size);

  // stream_session.cc
  void Run();
  void Open(Session& session);
  void Serve(Session& session);
  void SendSome(Session& session, std::unique_lock<std::mutex>& lock);
  std::optional<Failure> Shut(Session& session);
  void StopEvents(Session& session);
  static void OnStop(int timer, void* opaque);
  static void OnEvent(virStreamPtr stream, int events, void* opaque);
  void Drain(virStreamPtr stream, int events);

  const StreamRequest request_;

  std::mutex mutex_;
  std::condition_variable wake_;  // of the thread
  bool open_ = false;
  bool ended_ = false;      // nothing more comes; what waits has been called
  bool cancelled_ = false;
  bool drained_ = false;    // libvirt has said that no more bytes come, or why not
  bool blocked_ = false;    // libvirt takes no bytes for now
  std::optional<Failure> failure_;
  std::string mime_type_;
  std::deque<std::string> unread_;
  std::size_t unread_bytes_ = 0;
  Waiting waiting_;
  virStreamPtr listened_ = nullptr;  // what the event thread is to listen to no longer
};

/// A stream as a value that others may hold; it ends with its holder or with the connection, whichever goes first.
class StreamHandle final : public ConnectionItem {
 public:
  StreamHandle(std::shared_ptr<Connection> connection, std::shared_ptr<Stream> stream);
  StreamHandle(const StreamHandle&) = delete;
  StreamHandle& operator=(const StreamHandle&) = delete;
  ~StreamHandle() override;

  std::shared_ptr<void> GiveAway() override;
  Stream& stream() const { return *stream_; }
  const std::shared_ptr<Connection>& connection() const { return connection_; }

 private:
  const std::shared_ptr<Connection> connection_;
  const std::shared_ptr<Stream> stream_;
};

}  // namespace novalet
