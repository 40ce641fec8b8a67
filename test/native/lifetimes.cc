// Handles, subscriptions and connections that go in every order, and all at once.
#include <atomic>
#include <thread>

#include "domain_calls.h"
#include "handle.h"
#include "harness.h"

namespace novalet {

namespace {

std::shared_ptr<DomainHandle> TestDomain(const std::shared_ptr<Connection>& connection) {
  std::shared_ptr<DomainHandle> handle;
  Run(*connection, [&] { handle = Hold(connection, DomainByName(connection->Borrow().get(), "test")); });
  EXPECT(handle->name() == "test" && handle->uuid().size() == 36);
  return handle;
}

bool IsGone(const DomainHandle& handle) {
  try {
    handle.Borrow();
    return false;
  } catch (const CallFailed& failed) {
    return failed.failure().source == Failure::Source::kClosed;
  }
}

class Counter final : public EventSink {
 public:
  explicit Counter(int expected) : heard(expected) {}
  void Deliver(Event event) override {
    if (event.kind == Event::Kind::kLifecycle && event.name == "test") heard.CountDown();
  }
  Latch heard;
};

void AHandleOutlivesItsConnectionAndIsEmpty() {
  const auto connection = OpenTest();
  const auto handle = TestDomain(connection);
  EXPECT(!IsGone(*handle));
  CloseAndWait(*connection);
  EXPECT(IsGone(*handle));
}

void ADroppedConnectionIsKeptByItsHandle() {
  auto connection = OpenTest();
  const auto handle = TestDomain(connection);
  connection.reset();
  EXPECT(GetDomainState(handle->Borrow().get()).state == VIR_DOMAIN_RUNNING);
}

void ACallInFlightKeepsItsDomainThroughClose() {
  const auto connection = OpenTest();
  const auto handle = TestDomain(connection);
  Latch borrowed(1);
  Latch closing(1);
  Latch done(1);
  connection->Submit(1, [&] {
    const OwnedDomain domain = handle->Borrow();
    borrowed.CountDown();
    closing.Wait();
    EXPECT(GetDomainState(domain.get()).state == VIR_DOMAIN_RUNNING);
  });
  borrowed.Wait();
  connection->Close([&] { done.CountDown(); });
  EXPECT(IsGone(*handle));
  closing.CountDown();
  done.Wait();
}

void AConnectionDroppedByItsOwnJobIsLetGo() {
  auto connection = OpenTest();
  Latch ran(1);
  Connection& raw = *connection;
  raw.Submit(1, [connection = std::move(connection), &ran] { ran.CountDown(); });
  ran.Wait();
}

}  // namespace

void CheckHandles() {
  AHandleOutlivesItsConnectionAndIsEmpty();
  ADroppedConnectionIsKeptByItsHandle();
  ACallInFlightKeepsItsDomainThroughClose();
  AConnectionDroppedByItsOwnJobIsLetGo();
}

void CheckEvents() {
  const auto connection = OpenTest();
  const auto handle = TestDomain(connection);
  const auto counter = std::make_shared<Counter>(2);
  const auto closed_with = std::make_shared<Counter>(2);
  std::uint64_t number = 0;
  Run(*connection, [&] {
    number = connection->Subscribe(counter);
    connection->Subscribe(closed_with);
    SuspendDomain(handle->Borrow().get());
    ResumeDomain(handle->Borrow().get());
  });
  counter->heard.Wait();
  closed_with->heard.Wait();
  Run(*connection, [&] {
    connection->Unsubscribe(number);
    connection->Unsubscribe(number);  // a second time does nothing
  });
  CloseAndWait(*connection);
}

void CheckRaces(int rounds) {
  for (int round = 0; round < rounds; round++) {
    const auto connection = OpenTest(4, 256);
    const auto handle = TestDomain(connection);
    const auto sink = std::make_shared<Counter>(1);
    std::vector<std::thread> callers;
    for (int i = 0; i < 3; i++) {
      callers.emplace_back([&, i] {
        for (int n = 0; n < 40; n++) {
          connection->Submit(static_cast<std::uint64_t>(n), [connection, handle, sink, i] {
            try {
              if (i == 0) connection->Unsubscribe(connection->Subscribe(sink));
              else if (i == 1) GetDomainState(handle->Borrow().get());
              else Hold(connection, DomainByName(connection->Borrow().get(), "test"));
            } catch (const CallFailed& failed) {
              EXPECT(failed.failure().source == Failure::Source::kClosed);
            }
          });
        }
      });
    }
    if (round % 2 == 1) std::this_thread::yield();
    CloseAndWait(*connection);
    for (std::thread& caller : callers) caller.join();
  }
}

}  // namespace novalet
