/*
 * Load for a server on this machine: so many connections, each with one request at a time, over HTTP/1.1 or gRPC (HTTP/2). The same
 * loop for all contenders, and so light that it is none of them: 3 to 6 microseconds a request.
 *
 *   load PORT h1|h2 CONNECTIONS WARMUP_SECONDS SECONDS EXPECTED REQUESTS
 *
 * REQUESTS is a file of blocks, each a length (uint32, little-endian) and so many bytes: at first the block of headers of HTTP/2
 * (empty for HTTP/1.1), then the requests, which are sent in turn: whole ones for HTTP/1.1, messages for gRPC. A reply is good if its
 * status is 200 and EXPECTED stands in it; one of gRPC if it has a message. Prints a line of JSON, times in microseconds; `completed` are all requests, also
 * those of the warm-up.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 20, FRAME = 16384, STUCK_MS = 10000, REFILL = 1 << 20 };
enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };

typedef struct {
  const uint8_t *bytes;
  uint32_t size;
} Block;

typedef struct {
  int fd;
  double sent_at;
  uint8_t *in;
  size_t length;
  /* Of HTTP/2. */
  uint32_t stream;
  const Block *message;
  uint32_t offset;
  int64_t window, stream_window, first_window;
  uint64_t unacknowledged;
  int has_headers, has_message;
} Connection;

static struct sockaddr_in address;
static int http2, poll_fd;
static const char *expected;
static Block headers, *requests;
static size_t request_count, next_request;
static uint64_t started, completed, errors, bytes_out, bytes_in;
static uint32_t *times;
static size_t time_count, time_room;
static double begin, end;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void put(Connection *c, const void *bytes, size_t size) {
  const uint8_t *from = bytes;
  bytes_out += size;
  while (size > 0) {
    ssize_t written = send(c->fd, from, size, MSG_NOSIGNAL);
    if (written < 0 && errno != EINTR) {
      /* The server has closed; reading tells. */
      return;
    }
    from += written > 0 ? written : 0;
    size -= written > 0 ? written : 0;
  }
}

static size_t frame_head(uint8_t *to, uint32_t size, int type, int flags, uint32_t stream) {
  uint8_t head[9] = {size >> 16, size >> 8, size, type, flags, stream >> 24, stream >> 16, stream >> 8, stream};
  memcpy(to, head, 9);
  return 9;
}

static uint32_t read32(const uint8_t *from) {
  return (uint32_t)from[0] << 24 | from[1] << 16 | from[2] << 8 | from[3];
}

static void window_update(Connection *c, uint32_t by) {
  uint8_t frame[13];
  frame_head(frame, 4, WINDOW_UPDATE, 0, 0);
  uint32_t big = htonl(by);
  memcpy(frame + 9, &big, 4);
  put(c, frame, 13);
}

/* As much of the message as the server's windows take. */
static void put_message(Connection *c) {
  static uint8_t out[BUFFER];
  size_t at = 0;
  if (!c->has_headers) {
    c->has_headers = 1;
    at += frame_head(out, headers.size, HEADERS, END_HEADERS, c->stream);
    memcpy(out + at, headers.bytes, headers.size);
    at += headers.size;
  }
  while (c->offset < c->message->size) {
    int64_t size = c->message->size - c->offset;
    size = size > FRAME ? FRAME : size;
    size = size > c->window ? c->window : size;
    size = size > c->stream_window ? c->stream_window : size;
    if (size <= 0) {
      break;
    }
    int last = c->offset + size == c->message->size;
    at += frame_head(out + at, size, DATA, last ? END_STREAM : 0, c->stream);
    memcpy(out + at, c->message->bytes + c->offset, size);
    at += size;
    c->offset += size;
    c->window -= size;
    c->stream_window -= size;
  }
  if (at > 0) {
    put(c, out, at);
  }
}

static void send_request(Connection *c) {
  const Block *request = &requests[next_request];
  next_request = (next_request + 1) % request_count;
  c->sent_at = now();
  started++;
  if (!http2) {
    put(c, request->bytes, request->size);
    return;
  }
  c->stream += 2;
  c->message = request;
  c->offset = 0;
  c->stream_window = c->first_window;
  c->has_headers = c->has_message = 0;
  put_message(c);
}

static void open_connection(Connection *c) {
  int one = 1, room = 1 << 20;
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0) {
    die("connect");
  }
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &event);
  c->length = 0;
  if (http2) {
    /* Windows for whatever comes: INITIAL_WINDOW_SIZE for streams, an update for the connection. */
    uint8_t settings[15];
    frame_head(settings, 6, SETTINGS, 0, 0);
    memcpy(settings + 9, "\0\4\x7f\xff\xff\xff", 6);
    put(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
    put(c, settings, 15);
    window_update(c, 0x7fffffff - 65535);
    c->stream = (uint32_t)-1;
    c->window = c->first_window = 65535;
    c->unacknowledged = 0;
  }
  send_request(c);
}

static void reopen(Connection *c) {
  close(c->fd);
  open_connection(c);
}

static void done(Connection *c, int good) {
  double at = now();
  completed++;
  if (c->sent_at >= begin && at <= end) {
    if (!good) {
      errors++;
    } else {
      if (time_count == time_room) {
        time_room = time_room ? time_room * 2 : 1 << 16;
        times = realloc(times, time_room * sizeof *times);
      }
      times[time_count++] = (uint32_t)((at - c->sent_at) * 1e6 + 0.5);
    }
  }
}

/* Whether a whole reply has been taken from what came. */
static int take_http1(Connection *c) {
  uint8_t *stop = memmem(c->in, c->length, "\r\n\r\n", 4);
  if (stop == NULL) {
    return 0;
  }
  size_t head = stop + 4 - c->in, body = 0;
  int keep = 1;
  for (char *line = (char *)c->in; line < (char *)stop; line = (char *)memmem(line, (char *)stop + 2 - line, "\r\n", 2) + 2) {
    if (strncasecmp(line, "content-length:", 15) == 0) {
      body = strtoul(line + 15, NULL, 10);
    } else if (strncasecmp(line, "connection: close", 17) == 0) {
      keep = 0;
    }
  }
  if (c->length < head + body) {
    return 0;
  }
  int good = memcmp(c->in + 9, "200", 3) == 0 && memmem(c->in + head, body, expected, strlen(expected)) != NULL;
  done(c, good);
  c->length = 0;
  if (keep) {
    send_request(c);
  } else {
    reopen(c);
  }
  return 1;
}

static void settings(Connection *c, const uint8_t *payload, uint32_t size) {
  for (uint32_t i = 0; i + 6 <= size; i += 6) {
    if (payload[i] == 0 && payload[i + 1] == 4) {
      int64_t window = read32(payload + i + 2);
      c->stream_window += window - c->first_window;
      c->first_window = window;
    }
  }
  uint8_t ack[9];
  put(c, ack, frame_head(ack, 0, SETTINGS, ACK, 0));
}

/* Whether the connection is still the one that the frames came over. */
static int take_frame(Connection *c, int type, int flags, uint32_t stream, const uint8_t *payload, uint32_t size) {
  switch (type) {
  case DATA:
    c->has_message |= size >= 5;
    c->unacknowledged += size;
    if (c->unacknowledged > REFILL) {
      window_update(c, c->unacknowledged);
      c->unacknowledged = 0;
    }
    break;
  case SETTINGS:
    if (!(flags & ACK)) {
      settings(c, payload, size);
    }
    break;
  case PING:
    if (!(flags & ACK)) {
      uint8_t pong[17];
      frame_head(pong, 8, PING, ACK, 0);
      memcpy(pong + 9, payload, 8);
      put(c, pong, 17);
    }
    break;
  case WINDOW_UPDATE:
    if (stream == 0) {
      c->window += read32(payload);
    } else if (stream == c->stream) {
      c->stream_window += read32(payload);
    }
    if (c->message != NULL && c->offset < c->message->size) {
      put_message(c);
    }
    break;
  case GOAWAY:
    reopen(c);
    return 0;
  }
  if (stream == c->stream && (type == RST_STREAM || ((type == DATA || type == HEADERS) && (flags & END_STREAM)))) {
    done(c, type != RST_STREAM && c->has_message);
    send_request(c);
  }
  return 1;
}

static void take_http2(Connection *c) {
  size_t at = 0;
  while (c->length - at >= 9) {
    const uint8_t *frame = c->in + at;
    uint32_t size = frame[0] << 16 | frame[1] << 8 | frame[2];
    if (c->length - at < 9 + size) {
      break;
    }
    if (!take_frame(c, frame[3], frame[4], read32(frame + 5), frame + 9, size)) {
      return;
    }
    at += 9 + size;
  }
  memmove(c->in, c->in + at, c->length - at);
  c->length -= at;
}

static void receive(Connection *c) {
  ssize_t size = recv(c->fd, c->in + c->length, BUFFER - c->length, 0);
  if (size <= 0) {
    done(c, 0);
    reopen(c);
    return;
  }
  bytes_in += size;
  c->length += size;
  if (http2) {
    take_http2(c);
  } else {
    take_http1(c);
  }
}

static void read_requests(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    die(path);
  }
  fseek(file, 0, SEEK_END);
  size_t size = ftell(file);
  rewind(file);
  uint8_t *bytes = malloc(size);
  if (fread(bytes, 1, size, file) != size) {
    die(path);
  }
  fclose(file);
  for (size_t at = 0; at + 4 <= size;) {
    uint32_t length;
    memcpy(&length, bytes + at, 4);
    Block block = {bytes + at + 4, length};
    if (at == 0) {
      headers = block;
    } else {
      requests = realloc(requests, (request_count + 1) * sizeof *requests);
      requests[request_count++] = block;
    }
    at += 4 + length;
  }
}

static int by_value(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static uint32_t quantile(double share) {
  return time_count == 0 ? 0 : times[(size_t)((time_count - 1) * share)];
}

int main(int count, char **values) {
  if (count != 8) {
    fprintf(stderr, "load PORT h1|h2 CONNECTIONS WARMUP_SECONDS SECONDS EXPECTED REQUESTS\n");
    return 2;
  }
  address.sin_family = AF_INET;
  address.sin_port = htons(atoi(values[1]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  http2 = strcmp(values[2], "h2") == 0;
  int connections = atoi(values[3]);
  expected = values[6];
  read_requests(values[7]);
  poll_fd = epoll_create1(0);
  begin = now() + atof(values[4]);
  end = begin + atof(values[5]);
  Connection *all = calloc(connections, sizeof *all);
  for (int i = 0; i < connections; i++) {
    all[i].in = malloc(BUFFER);
    open_connection(&all[i]);
  }
  while (now() < end) {
    struct epoll_event events[64];
    int ready = epoll_wait(poll_fd, events, 64, STUCK_MS);
    if (ready == 0) {
      fprintf(stderr, "load: no reply for %d ms\n", STUCK_MS);
      return 1;
    }
    for (int i = 0; i < ready; i++) {
      receive(events[i].data.ptr);
    }
  }
  qsort(times, time_count, sizeof *times, by_value);
  printf("{\"completed\":%llu,\"requests\":%zu,\"errors\":%llu,\"seconds\":%.3f,\"p50\":%u,\"p99\":%u,\"p999\":%u,\"max\":%u,"
         "\"sent\":%.1f,\"received\":%.1f,\"cpu\":%.3f}\n",
         (unsigned long long)completed, time_count, (unsigned long long)errors, end - begin, quantile(0.5), quantile(0.99),
         quantile(0.999), quantile(1), (double)bytes_out / (started ? started : 1),
         (double)bytes_in / (completed ? completed : 1), (double)clock() / CLOCKS_PER_SEC);
  return 0;
}
