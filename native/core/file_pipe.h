// A pipe that a thread of its own fills with given bytes and then with the rest of a file, for another process that opens
// it by its path under /proc. The pages of the file are spliced, not copied. Knows neither libvirt nor JavaScript.
//
// Under /proc, and no FIFO with a name, because opening it never waits: when this process is gone there is no such path,
// and who reads already sees the end. A reader of a FIFO whose writer was killed first would wait for ever.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace novalet {

/// Name of the threads, as /proc shows it.
constexpr char kFeederName[] = "file-pipe";

class FilePipe {
 public:
  /// How far the thread came.
  struct Fed {
    std::uint64_t bytes = 0;  // written to the pipe, whether read or not
    bool whole = false;       // all of it was
    int error = 0;            // errno of what went wrong, or 0
  };

  /// Begins to fill a new pipe with `head` and what `file`, which may be closed afterwards, holds from `offset` on.
  /// Throws std::system_error.
  FilePipe(int file, std::uint64_t offset, std::string head);
  FilePipe(const FilePipe&) = delete;
  FilePipe& operator=(const FilePipe&) = delete;
  ~FilePipe();

  /// May be opened for reading until Close, by several one after the other: each reads on where the last one stopped.
  const std::string& path() const { return path_; }

  /// Ends the pipe: a reader sees the end after what is in it. Never blocks; the second call only tells.
  Fed Close();

 private:
  struct State;

  std::string path_;
  std::shared_ptr<State> state_;
};

}  // namespace novalet
