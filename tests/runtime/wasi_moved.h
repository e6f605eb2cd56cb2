/* For tests that move the guest of wasi_fixture.h to a new process, as it were. */
#ifndef TESTS_RUNTIME_WASI_MOVED_H
#define TESTS_RUNTIME_WASI_MOVED_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/private.h"
#include "runtime/wasi_move.h"
#include "tests/runtime/wasi_fixture.h"

static char error[512];
static Wanco__Snapshot__Wasi *saved;

static struct rt_preopen preopens[3];
static struct rt_wasi_grants grants = {.preopens = preopens,
                                       .max_unlinked_bytes = MAX_UNLINKED};

static inline void grant(const char *host, const char *guest_name, bool read_only)
{
    const char *path = host_path(host);
    char *copy = strcpy(malloc(strlen(path) + 1), path);
    preopens[grants.n_preopens++] = (struct rt_preopen){copy, guest_name, read_only};
}

/* The guest ends here, and its state is as it is read from a file. On the new machine it
 * is to be given what it had. */
static inline void save(void)
{
    Wanco__Snapshot__Wasi *message = rt_wasi_save(wasi, error, sizeof error);
    cr_assert_not_null(message, "%s", error);
    size_t n = wanco__snapshot__wasi__get_packed_size(message);
    uint8_t *bytes = malloc(n);
    wanco__snapshot__wasi__pack(message, bytes);
    wanco__snapshot__wasi__free_unpacked(message, NULL);
    saved = wanco__snapshot__wasi__unpack(NULL, n, bytes);
    cr_assert_not_null(saved);
    free(bytes);
    rt_wasi_destroy(wasi);
    guest->private->wasi = wasi = NULL;
    grants.n_preopens = 0;
    grant("rw", "/rw", false);
    grant("ro", "/ro", true);
}

static inline bool restore(void)
{
    wasi = rt_wasi_restore(saved, &grants, error, sizeof error);
    guest->private->wasi = wasi;
    return wasi != NULL;
}

static inline void move(void)
{
    save();
    cr_assert(restore(), "%s", error);
    wanco__snapshot__wasi__free_unpacked(saved, NULL);
}

static inline void expect_refused(const char *line)
{
    cr_expect_not(restore());
    cr_expect_str_eq(error, line);
}

static inline uint32_t read_some(uint32_t fd, uint32_t n_bytes, char *text)
{
    uint32_t buffer = wasi_room(n_bytes), n_read = wasi_room(4);
    uint32_t e = rt_wasi_fd_read(guest, fd, wasi_iovec(buffer, n_bytes), 1, n_read);
    memcpy(text, wasi_at(buffer), n_bytes);
    text[rt_wasi_load32(wasi_at(n_read))] = 0;
    return e;
}

static inline uint32_t write_text(uint32_t fd, const char *text)
{
    return rt_wasi_fd_write(guest, fd, wasi_ciovec(text), 1, wasi_room(4));
}

#endif
