// Streams, on the picture that the test driver has for every domain: read, let go, and cut off in every state.
#include <thread>

#include "handle.h"
#include "harness.h"
#include "stream.h"

namespace novalet {

namespace {

constexpr std::size_t kEnough = 1 << 20;

StreamRequest PictureOf(const std::shared_ptr<Connection>& connection, std::size_t max_unread = kEnough) {
  StreamRequest request;
  request.server = connection->Request();
  request.kind = StreamRequest::Kind::kScreenshot;
  request.max_unread = max_unread;
  Run(*connection, [&] {
    request.uuid = Hold(connection, DomainByName(connection->Borrow().get(), "test"))->uuid();
  });
  return request;
}

std::string MimeType(Stream& stream) {
  Latch latch(1);
  std::string type;
  std::optional<Failure> failure;
  stream.WhenOpen([&](std::string mime_type, const std::optional<Failure>& failed) {
    type = std::move(mime_type);
    failure = failed;
    latch.CountDown();
  });
  latch.Wait();
  if (failure) throw CallFailed(*failure);
  return type;
}

std::optional<std::string> ReadOnce(Stream& stream) {
  Latch latch(1);
  std::optional<std::string> read;
  std::optional<Failure> failure;
  stream.Read([&](std::optional<std::string> bytes, const std::optional<Failure>& failed) {
    read = std::move(bytes);
    failure = failed;
    latch.CountDown();
  });
  latch.Wait();
  if (failure) throw CallFailed(*failure);
  return read;
}

Failure::Source SourceOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const CallFailed& failed) {
    return failed.failure().source;
  }
  EXPECT(false);
  return Failure::Source::kDefect;
}

void APictureIsReadToItsEnd() {
  const auto connection = OpenTest();
  const auto stream = Stream::Start(PictureOf(connection));
  EXPECT(MimeType(*stream) == "image/png");
  EXPECT(MimeType(*stream) == "image/png");
  std::string picture;
  while (const auto bytes = ReadOnce(*stream)) picture += *bytes;
  EXPECT(picture.compare(1, 3, "PNG") == 0 && picture.size() > 10000);
  EXPECT(!ReadOnce(*stream));
  Latch latch(1);
  stream->Write("late", [&](const std::optional<Failure>& failure) {
    EXPECT(failure && failure->source == Failure::Source::kAborted);
    latch.CountDown();
  });
  latch.Wait();
  CloseAndWait(*connection);
}

void WhatIsNotReadInTimeEndsIt() {
  const auto connection = OpenTest();
  const auto stream = Stream::Start(PictureOf(connection, 16));
  MimeType(*stream);
  CloseAndWait(*connection);
  AwaitWorkersEnd();  // the stream's thread, too
  EXPECT(SourceOf([&] { ReadOnce(*stream); }) == Failure::Source::kOverrun);
}

void WhatCannotBeOpenedSaysWhy() {
  const auto connection = OpenTest();
  StreamRequest request = PictureOf(connection);
  request.kind = StreamRequest::Kind::kConsole;
  const auto stream = Stream::Start(request);
  EXPECT(SourceOf([&] { MimeType(*stream); }) == Failure::Source::kLibvirt);
  EXPECT(SourceOf([&] { ReadOnce(*stream); }) == Failure::Source::kLibvirt);
  CloseAndWait(*connection);
}

void AnAbortedStreamFailsItsReaders() {
  const auto connection = OpenTest();
  const auto stream = Stream::Start(PictureOf(connection));
  stream->Abort();
  stream->Abort();
  EXPECT(SourceOf([&] { ReadOnce(*stream); }) == Failure::Source::kAborted);
  CloseAndWait(*connection);
}

void Race(int round) {
  const auto connection = OpenTest();
  const StreamRequest request = PictureOf(connection);
  Latch answered(8);
  std::vector<std::shared_ptr<StreamHandle>> handles;
  for (int i = 0; i < 4; i++) {
    handles.push_back(std::make_shared<StreamHandle>(connection, Stream::Start(request)));
    Stream& stream = handles.back()->stream();
    stream.WhenOpen([&](std::string, const std::optional<Failure>&) { answered.CountDown(); });
    if (i == round % 4) ReadOnce(stream);
    stream.Read([&](std::optional<std::string>, const std::optional<Failure>&) { answered.CountDown(); });
  }
  std::thread aborter([&] { handles[1]->stream().Abort(); });
  if (round % 2 == 0) handles[0].reset();
  CloseAndWait(*connection);
  aborter.join();
  answered.Wait();
}

}  // namespace

void CheckStreams(int rounds) {
  APictureIsReadToItsEnd();
  WhatIsNotReadInTimeEndsIt();
  WhatCannotBeOpenedSaysWhy();
  AnAbortedStreamFailsItsReaders();
  for (int round = 0; round < rounds; round++) Race(round);
}

}  // namespace novalet
