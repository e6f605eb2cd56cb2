/* Input and output. One system call moves the data between the file and guest memory
 * directly. */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "runtime/instance.h"
#include "runtime/wasi_internal.h"

enum operation { OP_READ, OP_WRITE, OP_PREAD, OP_PWRITE };

static ssize_t transfer_once(enum operation op, const struct rt_wasi_fd *entry,
                             const struct iovec *iov, int n, off_t offset)
{
    switch (op) {
    case OP_READ:
        return n == 1 ? read(entry->host_fd, iov->iov_base, iov->iov_len)
                      : readv(entry->host_fd, iov, n);
    case OP_WRITE:
        return n == 1 ? write(entry->host_fd, iov->iov_base, iov->iov_len)
                      : writev(entry->host_fd, iov, n);
    case OP_PREAD:
        return n == 1 ? pread(entry->host_fd, iov->iov_base, iov->iov_len, offset)
                      : preadv(entry->host_fd, iov, n, offset);
    case OP_PWRITE:
        return n == 1 ? pwrite(entry->host_fd, iov->iov_base, iov->iov_len, offset)
                      : pwritev(entry->host_fd, iov, n, offset);
    }
    return 0;
}

static uint32_t transfer(struct rt_instance *instance, enum operation op,
                         struct rt_wasi_fd *entry, uint32_t iovs, uint32_t n_iovs,
                         uint64_t offset, uint32_t n_done)
{
    int n;
    uint8_t *out = rt_wasi_at(instance, n_done, 4);
    uint32_t error = rt_wasi_iovecs(instance, iovs, n_iovs, &n);
    if (error || !out)
        return WASI_EFAULT;
    ssize_t n_bytes;
    const struct iovec *iov = rt_instance_wasi(instance)->iov;
    do
        n_bytes = transfer_once(op, entry, iov, n, (off_t)offset);
    while (n_bytes < 0 && rt_wasi_retry());
    if (n_bytes < 0)
        return rt_wasi_errno(errno);
    if (op == OP_WRITE || op == OP_PWRITE)
        entry->is_written = true;
    rt_wasi_store32(out, (uint32_t)n_bytes); /* Linux moves less than 2 GiB at once */
    return WASI_OK;
}

uint32_t rt_wasi_fd_read(struct rt_instance *instance, uint32_t fd, uint32_t iovs,
                         uint32_t n_iovs, uint32_t n_read)
{
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use(instance, fd, WASI_RIGHT_FD_READ, &entry);
    if (!error)
        error = transfer(instance, OP_READ, entry, iovs, n_iovs, 0, n_read);
    if (error == WASI_EINTR)
        rt_wasi_suspend(instance, "fd_read", 4, (uint64_t[]){fd, iovs, n_iovs, n_read},
                        0);
    return error;
}

uint32_t rt_wasi_fd_write(struct rt_instance *instance, uint32_t fd, uint32_t iovs,
                          uint32_t n_iovs, uint32_t n_written)
{
    struct rt_wasi_fd *entry;
    uint32_t error = rt_wasi_use(instance, fd, WASI_RIGHT_FD_WRITE, &entry);
    if (!error)
        error = transfer(instance, OP_WRITE, entry, iovs, n_iovs, 0, n_written);
    if (error == WASI_EINTR)
        rt_wasi_suspend(instance, "fd_write", 4,
                        (uint64_t[]){fd, iovs, n_iovs, n_written}, 0);
    return error;
}

uint32_t rt_wasi_fd_pread(struct rt_instance *instance, uint32_t fd, uint32_t iovs,
                          uint32_t n_iovs, uint64_t offset, uint32_t n_read)
{
    struct rt_wasi_fd *entry;
    uint32_t error =
        rt_wasi_use(instance, fd, WASI_RIGHT_FD_READ | WASI_RIGHT_FD_SEEK, &entry);
    if (!error)
        error = transfer(instance, OP_PREAD, entry, iovs, n_iovs, offset, n_read);
    if (error == WASI_EINTR)
        rt_wasi_suspend(instance, "fd_pread", 5,
                        (uint64_t[]){fd, iovs, n_iovs, offset, n_read}, 0);
    return error;
}

uint32_t rt_wasi_fd_pwrite(struct rt_instance *instance, uint32_t fd, uint32_t iovs,
                           uint32_t n_iovs, uint64_t offset, uint32_t n_written)
{
    struct rt_wasi_fd *entry;
    uint32_t error =
        rt_wasi_use(instance, fd, WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_SEEK, &entry);
    if (!error)
        error = transfer(instance, OP_PWRITE, entry, iovs, n_iovs, offset, n_written);
    if (error == WASI_EINTR)
        rt_wasi_suspend(instance, "fd_pwrite", 5,
                        (uint64_t[]){fd, iovs, n_iovs, offset, n_written}, 0);
    return error;
}
