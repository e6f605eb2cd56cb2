/* Listening sockets that --listen grants. Addresses are numbers: no name is looked up. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/wasi_internal.h"

union address {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
};

/* 1 to 65535: a port that the system chooses would be known to nobody. */
static bool parse_port(const char *text, in_port_t *port)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    *port = htons((uint16_t)number);
    return isdigit((unsigned char)text[0]) && *end == 0 && number > 0 &&
           number <= UINT16_MAX;
}

/* "127.0.0.1:80", "[::1]:80". Answers the number of bytes of the address, or 0. */
static socklen_t parse(const char *text, union address *address)
{
    char host[INET6_ADDRSTRLEN];
    const char *colon = strrchr(text, ':');
    bool is_ip6 = text[0] == '[';
    size_t start = is_ip6, end = colon ? (size_t)(colon - text) : 0;
    if (is_ip6 && end > 0 && text[--end] != ']')
        return 0;
    if (end <= start || end - start >= sizeof host)
        return 0;
    memcpy(host, text + start, end - start);
    host[end - start] = 0;
    memset(address, 0, sizeof *address);
    if (is_ip6) {
        address->ip6.sin6_family = AF_INET6;
        return parse_port(colon + 1, &address->ip6.sin6_port) &&
                       inet_pton(AF_INET6, host, &address->ip6.sin6_addr) == 1
                   ? sizeof address->ip6
                   : 0;
    }
    address->ip4.sin_family = AF_INET;
    return parse_port(colon + 1, &address->ip4.sin_port) &&
                   inet_pton(AF_INET, host, &address->ip4.sin_addr) == 1
               ? sizeof address->ip4
               : 0;
}

/* The address can be used while connections of an earlier process on it are closing. */
bool rt_wasi_listen(const char *address, int *host_fd, char *error, size_t error_bytes)
{
    union address parsed;
    socklen_t n_bytes = parse(address, &parsed);
    const int yes = 1;
    if (n_bytes == 0) {
        snprintf(error, error_bytes,
                 "--listen takes an address in numbers and a port, like 127.0.0.1:8080 "
                 "or [::1]:8080, not %s",
                 address);
        return false;
    }
    int fd = socket(parsed.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(fd, &parsed.any, n_bytes) == 0 && listen(fd, SOMAXCONN) == 0) {
        *host_fd = fd;
        return true;
    }
    snprintf(error, error_bytes,
             "cannot listen on %s: %s; give --listen an address that is free here",
             address, strerror(errno));
    if (fd >= 0)
        close(fd);
    return false;
}

const char *rt_wasi_listener(const struct rt_wasi *wasi, uint32_t i)
{
    const char *address = wasi->listeners.chars;
    while (i-- > 0)
        address += strlen(address) + 1;
    return address;
}
