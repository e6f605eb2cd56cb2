// Makes the call that its argument names, which has to wait, and tells the outcome. A
// line "ready" comes before.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LISTENER = 4 };

static char buffer[1 << 16];

static void tell_ready(void)
{
    write(STDERR_FILENO, "ready\n", 6);
}

static int tell(const char *what, long n)
{
    fprintf(stderr, "%s: %ld %s\n", what, n, n < 0 ? strerror(errno) : "");
    return 0;
}

static int tell_text(const char *what, long n)
{
    fprintf(stderr, "%s: %.*s\n", what, n < 0 ? 0 : (int)n, buffer);
    return n < 0 ? tell(what, n) : 0;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// Input, a timeout, whichever comes first.
static int wait_for_input(int timeout)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    double since = seconds();
    int n = poll(&in, 1, timeout);
    double passed = seconds() - since;
    fprintf(stderr, "poll: %d after %s\n", n,
            passed < timeout / 1000.0 ? "less" : "all of it");
    return 0;
}

// Until the reader is behind: a write that has moved something is never made again.
static int fill(int fd, const char *what)
{
    long total = 0;
    for (int i = 0; i < 64; i++) {
        long n = write(fd, buffer, sizeof buffer);
        if (n < 0)
            return tell(what, n);
        total += n;
    }
    return tell(what, total);
}

static int serve(const char *call)
{
    if (strcmp(call, "accept") == 0)
        tell_ready();
    int fd = accept(LISTENER, NULL, NULL);
    if (fd < 0)
        return tell("accept", fd);
    if (strcmp(call, "accept") == 0)
        return tell_text("accepted, and received", recv(fd, buffer, sizeof buffer, 0));
    tell_ready();
    if (strcmp(call, "recv") == 0)
        return tell("recv", recv(fd, buffer, sizeof buffer, 0));
    long n;
    do
        n = send(fd, buffer, sizeof buffer, 0);
    while (n > 0);
    return tell("send", n);
}

int main(int argc, char **argv)
{
    const char *call = argc > 1 ? argv[1] : "";
    if (strcmp(call, "accept") == 0 || strcmp(call, "recv") == 0 ||
        strcmp(call, "send") == 0)
        return serve(call);
    int in = strcmp(call, "read-pipe") == 0 ? open("data/pipe", O_RDONLY) : -1;
    tell_ready();
    if (strcmp(call, "read") == 0)
        return tell_text("read", read(STDIN_FILENO, buffer, sizeof buffer));
    if (strcmp(call, "write") == 0)
        return fill(STDOUT_FILENO, "write");
    if (strcmp(call, "poll") == 0)
        return wait_for_input(60000);
    if (strcmp(call, "timeout") == 0)
        return wait_for_input(3000);
    if (strcmp(call, "open-pipe") == 0)
        in = open("data/pipe", O_RDONLY);
    if (in < 0)
        return tell("open", in);
    return tell_text(call, read(in, buffer, sizeof buffer));
}
