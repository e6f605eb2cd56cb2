#define _GNU_SOURCE
#include "runtime/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* At once, for the sake of memory; each time is a mapping more. */
#define COPIED_BYTES (UINT64_C(16) << 20)

/* Of one memory; complete before it is linked. */
struct mapped {
    uint8_t *base;
    struct snapshot_runs runs;
    struct mapped *next;
};

static struct {
    volatile bool may_map;
    int lease_fd;
    struct mapped *first;
} mapped;

/* Puts pages of the process's own in the place of mapped ones; those that were only
 * written to would go with the end of the file. Async-signal-safe. */
static bool copy_bytes(uint8_t *mapped_bytes, size_t n_bytes)
{
    uint8_t *own =
        mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (own == MAP_FAILED)
        return false;
    memcpy(own, mapped_bytes, n_bytes);
    return mremap(own, n_bytes, n_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, mapped_bytes) !=
           MAP_FAILED;
}

static bool copy_runs(const struct mapped *m)
{
    for (size_t i = 0; i < m->runs.n_runs; i++) {
        const struct snapshot_run *run = &m->runs.runs[i];
        for (uint64_t k = 0; k < run->n_bytes; k += COPIED_BYTES) {
            uint64_t left = run->n_bytes - k;
            if (!copy_bytes(m->base + run->address + k,
                            left < COPIED_BYTES ? left : COPIED_BYTES))
                return false;
        }
    }
    return true;
}

/* The guest would go on with what somebody else writes. */
_Noreturn static void give_up(void)
{
    static const char line[] = "wanco: no memory for a copy of the snapshot that the "
                               "program runs on, which is about to change\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
    (void)ignored;
    abort();
}

static void copy_all(void)
{
    for (const struct mapped *m = mapped.first; m != NULL; m = m->next)
        if (!copy_runs(m))
            give_up();
    mapped.may_map = false;
}

/* Somebody is about to change the file, and waits for the lease to end, which it does
 * when nobody has its descriptor, a child neither; the system ends it by itself after a
 * while (lease-break-time in proc_sys_fs(5)). */
static void on_lease_break(int signal_number)
{
    int saved_errno = errno;
    (void)signal_number;
    copy_all();
    close(mapped.lease_fd);
    errno = saved_errno;
}

static bool take_lease(int fd)
{
    return fcntl(fd, F_SETSIG, SIGRTMIN) == 0 && fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
}

/* The signal is sent to who took the lease, so a child takes one of its own. It cannot if
 * somebody waits already. */
static void in_child(void)
{
    char path[32];
    int fd, inherited = mapped.lease_fd;
    if (!mapped.may_map)
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", inherited);
    fd = mapped.lease_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !take_lease(fd)) {
        copy_all();
        close(fd);
    }
    close(inherited);
}

static void mask_signal(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(how, &set, NULL);
}

/* The signal is a real-time one: nobody else sends those, and --checkpoint-signal takes
 * none. */
void rt_mapped_allow(const struct snapshot *s)
{
    struct sigaction action = {.sa_handler = on_lease_break,
                               .sa_flags = SA_ONSTACK | SA_RESTART};
    sigfillset(&action.sa_mask);
    mask_signal(SIG_UNBLOCK);
    int fd = fcntl(snapshot_fd(s), F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return;
    mapped.lease_fd = fd;
    mapped.may_map = true;
    if (pthread_atfork(NULL, NULL, in_child) == 0 &&
        sigaction(SIGRTMIN, &action, NULL) == 0 && take_lease(fd))
        return;
    mapped.may_map = false;
    close(fd);
}

/* The break of the lease waits until all that is mapped is known. A memory addressed by
 * i64 moves when it grows, and moves as one mapping. */
bool rt_mapped_load(const struct snapshot *s, uint32_t number,
                    const struct rt_memory *memory, char *error, size_t error_bytes)
{
    bool may_map = mapped.may_map && !memory->is_64;
    struct mapped *m = may_map ? malloc(sizeof *m) : NULL;
    if (m == NULL)
        return snapshot_load_memory(s, number, memory->base, 0, error, error_bytes);
    mask_signal(SIG_BLOCK);
    *m = (struct mapped){.base = memory->base, .next = mapped.first};
    bool ok = mapped.may_map /* still */
                  ? snapshot_map_memory(s, number, memory->base, 0, &m->runs, error,
                                        error_bytes)
                  : snapshot_load_memory(s, number, memory->base, 0, error, error_bytes);
    mapped.first = m;
    mask_signal(SIG_UNBLOCK);
    return ok;
}

struct snapshot_runs rt_mapped_runs(const struct rt_memory *memory)
{
    for (const struct mapped *m = mapped.first; m != NULL; m = m->next)
        if (m->base == memory->base)
            return m->runs;
    return (struct snapshot_runs){NULL, 0};
}
