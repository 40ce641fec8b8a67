// CONNECT and LISTEN. Names are resolved and connections made by errands, for both may take seconds.
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "errand.h"
#include "stream.h"

#define SECONDS_TO_CONNECT 10
#define BACKLOG 128
#define ACCEPTS_IN_A_ROUND 16

typedef int (*attempt)(int socket, const struct sockaddr *address, socklen_t size);

static int bind_and_listen(int socket, const struct sockaddr *address, socklen_t size) {
  int on = 1;
  if (address->sa_family != AF_UNIX) setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return bind(socket, address, size) < 0 ? -1 : listen(socket, BACKLOG);
}

// Gives the socket, or -1 with errno.
static int try_address(const struct sockaddr *address, socklen_t size, attempt act) {
  int one = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (one < 0) return -1;
  if (act(one, address, size) == 0 && fcntl(one, F_SETFL, O_NONBLOCK) == 0) return one;
  int why = errno;
  close(one);
  errno = why;
  return -1;
}

static int try_path(const char *path, attempt act) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  return try_address((const struct sockaddr *)&address, sizeof address, act);
}

static int resolver_error(int code) {
  if (code == EAI_SYSTEM) return errno;
  if (code == EAI_MEMORY) return ENOMEM;
  return code == EAI_AGAIN ? EAGAIN : ENOENT;
}

static int try_host(const char *host, uint32_t port, attempt act) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo *list = NULL;
  char service[8];
  snprintf(service, sizeof service, "%u", (unsigned)port);
  int code = getaddrinfo(host, service, &hints, &list);
  if (code != 0) {
    errno = resolver_error(code);
    return -1;
  }
  int found = -1, why = ENOENT;
  for (struct addrinfo *one = list; one != NULL && found < 0; one = one->ai_next) {
    found = try_address(one->ai_addr, one->ai_addrlen, act);
    why = errno;
  }
  freeaddrinfo(list);
  errno = why;
  return found;
}

static uint64_t port_of(int socket) {
  struct sockaddr_storage address;
  socklen_t size = sizeof address;
  if (getsockname(socket, (struct sockaddr *)&address, &size) < 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&address)->sin_port);
  if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return 0;
}

static void reach(const struct request *request, struct errand_result *result, attempt act) {
  int found = request->path != NULL ? try_path(request->path, act) : try_host(request->host, request->port, act);
  if (found < 0) {
    result->error = errno;
    return;
  }
  int on = 1;
  if (request->path == NULL) setsockopt(found, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // frames gather enough
  result->descriptor = found;
  result->value = port_of(found);
}

static void connect_it(const void *subject, struct errand_result *result) {
  strcpy(result->where, "connect");
  reach(subject, result, connect);
}

static void listen_it(const void *subject, struct errand_result *result) {
  strcpy(result->where, "listen");
  reach(subject, result, bind_and_listen);
}

// Each direction has a descriptor of its own, so that each can be waited for, and dropped, alone.
static bool attach(struct channel *channel, int socket) {
  int second = fcntl(socket, F_DUPFD_CLOEXEC, 3);
  stream_read_from(channel, 0, socket, false);
  if (second < 0) return false;
  stream_write_to(channel, second, false);
  return true;
}

static bool take_result(struct watch *watch, struct errand_result *result, const char *where) {
  struct channel *channel = watch->owner;
  errand_result(watch->fd, result);
  loop_drop(watch);
  if (result->error == 0) return true;
  channel_fault(channel, result->error, result->where[0] == '\0' ? where : result->where);
  return false;
}

static void connect_told(struct watch *watch, uint32_t events) {
  (void)events;
  struct channel *channel = watch->owner;
  struct errand_result result;
  if (!take_result(watch, &result, "connect")) return;
  if (attach(channel, result.descriptor)) channel_opened(channel, NULL);
  else channel_fault(channel, errno, "connect");
}

static void name_peer(struct reply *reply, const struct sockaddr_storage *address, socklen_t size) {
  char host[INET6_ADDRSTRLEN + 32], port[8];
  int flags = NI_NUMERICHOST | NI_NUMERICSERV;
  if (address->ss_family != AF_INET && address->ss_family != AF_INET6) return;
  if (getnameinfo((const struct sockaddr *)address, size, host, sizeof host, port, sizeof port, flags) != 0) return;
  reply_text(reply, TAG_HOST, host);
  reply_number(reply, TAG_PORT, (uint32_t)strtoul(port, NULL, 10));
}

static uint32_t free_number(struct session *session) {
  while (channel_find(session, session->next_accepted) != NULL || session->next_accepted < FIRST_ACCEPTED) {
    session->next_accepted = session->next_accepted < FIRST_ACCEPTED ? FIRST_ACCEPTED : session->next_accepted + 1;
  }
  return session->next_accepted++;
}

static void accepted(struct channel *listener, int socket, const struct reply *peer) {
  struct session *session = listener->session;
  struct channel *channel = channel_new(session, free_number(session));
  if (channel == NULL) {
    close(socket);  // the guest's client sees that nobody has room for it
    return;
  }
  channel->kind = KIND_SOCKET;
  if (!attach(channel, socket)) {
    channel_bury(channel, false);
    return;
  }
  struct reply reply = *peer;
  reply_number(&reply, TAG_CHANNEL, channel->number);
  channel->open = true;
  channel_send(listener, FRAME_ACCEPTED, 0, &reply);
  outflow_move(channel);
}

static void accept_ready(struct watch *watch, uint32_t events) {
  (void)events;
  struct channel *listener = watch->owner;
  for (int i = 0; i < ACCEPTS_IN_A_ROUND; i++) {
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof address;
    struct reply peer = {.size = 0};
    int socket = accept4(watch->fd, (struct sockaddr *)&address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)) return;
    if (socket < 0) {
      channel_fault(listener, errno, "listen");  // without descriptors it would report for ever
      return;
    }
    name_peer(&peer, &address, size);
    accepted(listener, socket, &peer);
  }
}

static void listen_told(struct watch *watch, uint32_t events) {
  (void)events;
  struct channel *channel = watch->owner;
  struct errand_result result;
  if (!take_result(watch, &result, "listen")) return;
  struct request kept = channel->request;  // with the path, for socket_forget
  memset(&channel->request, 0, sizeof channel->request);
  struct reply reply = {.size = 0};
  reply_number(&reply, TAG_PORT, (uint32_t)result.value);
  channel_opened(channel, &reply);
  channel->request = kept;
  watch->fd = result.descriptor;
  watch->ready = accept_ready;
  if (!loop_want(watch, EPOLLIN)) channel_fault(channel, errno, "listen");
}

static void begin(struct channel *channel, void (*work)(const void *, struct errand_result *),
                  void (*told)(struct watch *, uint32_t), const char *where) {
  const struct request *request = &channel->request;
  if (request->path == NULL && request->host == NULL) {
    channel_fault(channel, EINVAL, where);
    return;
  }
  channel->news.fd = errand_start(work, request, &request->user, SECONDS_TO_CONNECT);
  channel->news.ready = told;
  if (channel->news.fd < 0 || !loop_want(&channel->news, EPOLLIN)) channel_fault(channel, errno, "fork");
}

void socket_connect(struct channel *channel) {
  channel->kind = KIND_SOCKET;
  channel->in.used = true;
  begin(channel, connect_it, connect_told, "connect");
}

void socket_listen(struct channel *channel) {
  channel->kind = KIND_LISTENER;
  begin(channel, listen_it, listen_told, "listen");
}

static void unlink_it(const void *subject, struct errand_result *result) {
  const struct request *request = subject;
  result->error = unlink(request->path) < 0 ? errno : 0;
}

void socket_forget(struct channel *channel) {
  const struct request *request = &channel->request;
  if (!channel->open || request->path == NULL) return;
  if (!request->user.uid_given) {
    unlink(request->path);
    return;
  }
  // As the user, who may have put a link in the path's way. Nobody waits for what becomes of it.
  int told = errand_start(unlink_it, request, &request->user, SECONDS_TO_CONNECT);
  if (told >= 0) close(told);
}
