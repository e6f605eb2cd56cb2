/* Sockets that the process was started with: accept, receive, send, shut down. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/instance.h"
#include "runtime/wasi_internal.h"

enum { RECV_PEEK = 1 << 0, RECV_WAITALL = 1 << 1 };
enum { RECV_DATA_TRUNCATED = 1 << 0 };
enum { SHUTDOWN_RD = 1 << 0, SHUTDOWN_WR = 1 << 1 };

/* A descriptor of another kind is told apart from a socket without the right. */
static uint32_t use_socket(struct rt_instance *instance, uint32_t fd, uint64_t rights,
                           struct rt_wasi_fd **found)
{
    uint32_t error = rt_wasi_use(instance, fd, rights, found);
    if (error != WASI_EBADF && (*found)->filetype != WASI_TYPE_SOCKET_DGRAM &&
        (*found)->filetype != WASI_TYPE_SOCKET_STREAM)
        return WASI_ENOTSOCK;
    return error;
}

uint32_t rt_wasi_sock_accept(struct rt_instance *instance, uint32_t fd, uint32_t fdflags,
                             uint32_t accepted)
{
    struct rt_wasi_fd *entry;
    uint32_t error = use_socket(instance, fd, WASI_RIGHT_SOCK_ACCEPT, &entry);
    if (error)
        return error;
    uint8_t *out = rt_wasi_at(instance, accepted, 4);
    if (!out)
        return WASI_EFAULT;
    if (fdflags & ~(uint32_t)WASI_FD_NONBLOCK)
        return WASI_EINVAL;
    int flags = SOCK_CLOEXEC | (fdflags & WASI_FD_NONBLOCK ? SOCK_NONBLOCK : 0);
    int host_fd;
    do
        host_fd = accept4(entry->host_fd, NULL, NULL, flags);
    while (host_fd < 0 && rt_wasi_retry());
    if (host_fd < 0 && errno == EINTR)
        rt_wasi_suspend(instance, "sock_accept", 3, (uint64_t[]){fd, fdflags, accepted},
                        0);
    if (host_fd < 0)
        return rt_wasi_errno(errno);
    uint32_t new_fd;
    error = rt_wasi_inherit(rt_instance_wasi(instance), host_fd, &new_fd);
    if (error)
        close(host_fd);
    else
        rt_wasi_store32(out, new_fd);
    return error;
}

uint32_t rt_wasi_sock_recv(struct rt_instance *instance, uint32_t fd, uint32_t iovs,
                           uint32_t n_iovs, uint32_t riflags, uint32_t n_read,
                           uint32_t roflags)
{
    struct rt_wasi_fd *entry;
    int n_iov;
    uint32_t error = use_socket(instance, fd, WASI_RIGHT_FD_READ, &entry);
    if (!error)
        error = rt_wasi_iovecs(instance, iovs, n_iovs, &n_iov);
    if (error)
        return error;
    uint8_t *n_read_at = rt_wasi_at(instance, n_read, 4);
    uint8_t *roflags_at = rt_wasi_at(instance, roflags, 2);
    if (!n_read_at || !roflags_at)
        return WASI_EFAULT;
    if (riflags & ~(uint32_t)(RECV_PEEK | RECV_WAITALL))
        return WASI_EINVAL;
    struct msghdr message = {.msg_iov = rt_instance_wasi(instance)->iov,
                             .msg_iovlen = (size_t)n_iov};
    int flags =
        (riflags & RECV_PEEK ? MSG_PEEK : 0) | (riflags & RECV_WAITALL ? MSG_WAITALL : 0);
    ssize_t n;
    do
        n = recvmsg(entry->host_fd, &message, flags);
    while (n < 0 && rt_wasi_retry());
    if (n < 0 && errno == EINTR)
        rt_wasi_suspend(instance, "sock_recv", 6,
                        (uint64_t[]){fd, iovs, n_iovs, riflags, n_read, roflags}, 0);
    if (n < 0)
        return rt_wasi_errno(errno);
    rt_wasi_store32(n_read_at, (uint32_t)n);
    rt_wasi_store16(roflags_at, message.msg_flags & MSG_TRUNC ? RECV_DATA_TRUNCATED : 0);
    return WASI_OK;
}

uint32_t rt_wasi_sock_send(struct rt_instance *instance, uint32_t fd, uint32_t iovs,
                           uint32_t n_iovs, uint32_t siflags, uint32_t n_written)
{
    struct rt_wasi_fd *entry;
    int n_iov;
    uint32_t error = use_socket(instance, fd, WASI_RIGHT_FD_WRITE, &entry);
    if (!error)
        error = rt_wasi_iovecs(instance, iovs, n_iovs, &n_iov);
    if (error)
        return error;
    uint8_t *out = rt_wasi_at(instance, n_written, 4);
    if (!out)
        return WASI_EFAULT;
    if (siflags != 0)
        return WASI_EINVAL;
    struct msghdr message = {.msg_iov = rt_instance_wasi(instance)->iov,
                             .msg_iovlen = (size_t)n_iov};
    ssize_t n;
    do
        n = sendmsg(entry->host_fd, &message, MSG_NOSIGNAL);
    while (n < 0 && rt_wasi_retry());
    if (n < 0 && errno == EINTR)
        rt_wasi_suspend(instance, "sock_send", 5,
                        (uint64_t[]){fd, iovs, n_iovs, siflags, n_written}, 0);
    if (n < 0)
        return rt_wasi_errno(errno);
    rt_wasi_store32(out, (uint32_t)n);
    return WASI_OK;
}

uint32_t rt_wasi_sock_shutdown(struct rt_instance *instance, uint32_t fd, uint32_t how)
{
    static const int host_how[] = {-1, SHUT_RD, SHUT_WR, SHUT_RDWR};
    struct rt_wasi_fd *entry;
    uint32_t error = use_socket(instance, fd, WASI_RIGHT_SOCK_SHUTDOWN, &entry);
    if (error)
        return error;
    if (how == 0 || how > (SHUTDOWN_RD | SHUTDOWN_WR))
        return WASI_EINVAL;
    return shutdown(entry->host_fd, host_how[how]) != 0 ? rt_wasi_errno(errno) : WASI_OK;
}
