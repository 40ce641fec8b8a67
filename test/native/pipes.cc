// Pipes that are filled from a file: whole, ended early, and with nobody who reads.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <system_error>

#include "file_pipe.h"
#include "harness.h"

namespace novalet {

namespace {

constexpr std::size_t kFileBytes = 300'000;

/// A file without a name, full of one letter.
int OpenFile() {
  const int file = memfd_create("file-pipe", MFD_CLOEXEC);
  EXPECT(file >= 0);
  const std::string bytes(kFileBytes, 'f');
  EXPECT(write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  return file;
}

std::string ReadToEnd(const std::string& path) {
  const int reader = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT(reader >= 0);
  std::string all;
  char piece[4096];
  for (ssize_t got = read(reader, piece, sizeof piece); got > 0; got = read(reader, piece, sizeof piece)) {
    all.append(piece, static_cast<std::size_t>(got));
  }
  close(reader);
  return all;
}

void TheWholeFileComesAfterTheHead() {
  const int file = OpenFile();
  FilePipe pipe(file, 100, "head");
  close(file);
  EXPECT(ReadToEnd(pipe.path()) == "head" + std::string(kFileBytes - 100, 'f'));
  const FilePipe::Fed fed = pipe.Close();
  EXPECT(fed.whole && fed.error == 0 && fed.bytes == kFileBytes - 96);
}

void APipeThatNobodyReadsIsLetGo() {
  const int file = OpenFile();
  { FilePipe pipe(file, 0, std::string(200'000, 'h')); }
  FilePipe closed(file, 0, "");
  EXPECT(!closed.Close().whole);
  EXPECT(!closed.Close().whole);
  close(file);
}

void AReaderSeesTheEndOfAPipeThatWasClosed() {
  const int file = OpenFile();
  FilePipe pipe(file, 0, std::string(200'000, 'h'));
  const int reader = open(pipe.path().c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT(reader >= 0);
  pipe.Close();
  std::size_t all = 0;
  char piece[4096];
  for (ssize_t got = read(reader, piece, sizeof piece); got > 0; got = read(reader, piece, sizeof piece)) {
    all += static_cast<std::size_t>(got);
  }
  close(reader);
  close(file);
  EXPECT(all < 200'000 + kFileBytes);
}

void AFileThatIsNotOpenIsRefused() {
  try {
    FilePipe pipe(-1, 0, "head");
    EXPECT(false);
  } catch (const std::system_error& error) {
    EXPECT(error.code().value() == EBADF);
  }
}

}  // namespace

void CheckPipes(int rounds) {
  for (int i = 0; i < rounds; i++) {
    TheWholeFileComesAfterTheHead();
    APipeThatNobodyReadsIsLetGo();
    AReaderSeesTheEndOfAPipeThatWasClosed();
    AFileThatIsNotOpenIsRefused();
  }
}

}  // namespace novalet
