// A child is born into its cgroup where the kernel can do so (clone3(2), CLONE_INTO_CGROUP, Linux 5.7). To move it there later
// waits for a grace period of the kernel's RCU, which is most of what a short program costs in an emulated guest.
#include "birth.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// As the kernel has them (linux/sched.h), for libcs whose headers are older.
#define SHARE_MEMORY 0x100ULL
#define WAIT_FOR_EXEC 0x4000ULL
#define INTO_CGROUP 0x200000000ULL
#define NUMBER_OF_CLONE3 435

struct clone_request {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

// A child that shares memory must not return from the function it was born in: its caller's frame is the parent's. So the
// call is made without a function of libc, where the compiler's own words for it are known, and else memory is copied.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define CAN_LEND_MEMORY 1
static inline __attribute__((always_inline)) long clone3(struct clone_request *request) {
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"((long)NUMBER_OF_CLONE3), "D"(request), "S"(sizeof *request)
                   : "rcx", "r11", "memory");
  return result;
}
#else
#define CAN_LEND_MEMORY 0
static long clone3(struct clone_request *request) {
  long result = syscall(NUMBER_OF_CLONE3, request, sizeof *request);
  return result < 0 ? -errno : result;
}
#endif

static __attribute__((noinline)) long born_inside(struct clone_request *request, const struct program *program) {
  long pid = clone3(request);
  if (pid == 0) program_become(program);
  return pid;
}

pid_t birth(struct program *program, bool wait) {
  if (program->join >= 0) {
    struct clone_request request = {.flags = INTO_CGROUP, .exit_signal = SIGCHLD};
    request.cgroup = (uint64_t)program->join;
    if (wait && CAN_LEND_MEMORY) request.flags |= SHARE_MEMORY | WAIT_FOR_EXEC;
    program->joined = true;
    long pid = born_inside(&request, program);
    if (pid > 0) return (pid_t)pid;
    program->joined = false;  // an older kernel, or a filter of system calls: by the road that all have
  }
  pid_t pid = wait ? vfork() : fork();
  if (pid == 0) program_become(program);
  return pid;
}
