// Statuses: what an errno becomes on the wire, and the sentence beside it.
#include "sftp-server.h"

#include <errno.h>
#include <string.h>

/** Remembers errno for the message and gives the status that stands for it. */
int sftp_failed(struct sftp_request *request) {
  request->error = errno;
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
      return FX_NO_SUCH_FILE;
    case EACCES:
    case EPERM:
    case EROFS:
      return FX_PERMISSION_DENIED;
    case ENOSYS:
    case EOPNOTSUPP:
      return FX_OP_UNSUPPORTED;
    default:
      return FX_FAILURE;
  }
}

static const char *sentence(int status) {
  switch (status) {
    case FX_OK: return "Success";
    case FX_EOF: return "End of file";
    case FX_NO_SUCH_FILE: return "No such file";
    case FX_PERMISSION_DENIED: return "Permission denied";
    case FX_BAD_MESSAGE: return "Bad message";
    case FX_OP_UNSUPPORTED: return "Operation unsupported";
    default: return "Failure";
  }
}

void sftp_put_status(struct sftp *server, const struct sftp_request *request, int status) {
  bool known = status != FX_OK && status != FX_EOF && request->error != 0;
  sftp_begin(server, FXP_STATUS);
  sftp_put_u32(server, request->id);
  sftp_put_u32(server, (uint32_t)status);
  sftp_put_text(server, known ? strerror(request->error) : sentence(status));
  sftp_put_text(server, "");  // the sentence's language
  sftp_finish(server);
}
