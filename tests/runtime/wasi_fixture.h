/* For the tests of WASI: a guest without code, and a folder of the host it sees two
 * directories of.
 *
 *   rw/            preopen "/rw", RW
 *   ro/            preopen "/ro", RO, read-only
 *   ro/file        "constant"
 *   ro/dir/        empty
 *   outside/secret "secret"; outside of both */
#ifndef TESTS_RUNTIME_WASI_FIXTURE_H
#define TESTS_RUNTIME_WASI_FIXTURE_H

#include "runtime/instance.h"
#include "runtime/wasi_internal.h"

enum { RW = 3, RO = 4 };

/* Bytes of unlinked files in a snapshot. */
#define MAX_UNLINKED 100000u

#define ALL_RIGHTS ((uint64_t)WASI_RIGHTS_ALL)

/* Two arguments: where a string lies in guest memory, and its length. */
#define PATH(text) wasi_put(text), (uint32_t)strlen(text)

#define N(array) (sizeof(array) / sizeof *(array))

extern struct rt_instance *guest; /* with two pages of memory */
extern struct rt_wasi *wasi;

/* Fixtures of a Criterion test: the same, with openat2 and without. */
void wasi_setup(void);
void wasi_setup_walk(void);
void wasi_teardown(void);

/* Runs a test both with openat2 and without. */
#define BOTH_WAYS(suite, name)                                                           \
    static void suite##_##name(void);                                                    \
    Test(suite, name, .init = wasi_setup, .fini = wasi_teardown)                         \
    {                                                                                    \
        suite##_##name();                                                                \
    }                                                                                    \
    Test(suite, name##_without_openat2, .init = wasi_setup_walk, .fini = wasi_teardown)  \
    {                                                                                    \
        suite##_##name();                                                                \
    }                                                                                    \
    static void suite##_##name(void)

/* Room in guest memory, zeroed. */
uint32_t wasi_room(uint32_t n_bytes);
uint32_t wasi_put(const char *text);
uint8_t *wasi_at(uint32_t address);

/* An iovec of the guest for a text, or for n bytes to read into. */
uint32_t wasi_ciovec(const char *text);
uint32_t wasi_iovec(uint32_t buffer, uint32_t n_bytes);

/* path_open with rights to everything the type of file has, or only to read; the
 * descriptor is stored. */
uint32_t wasi_open(uint32_t dir_fd, const char *path, uint32_t oflags, uint32_t *fd);
uint32_t wasi_open_to_read(uint32_t dir_fd, const char *path, uint32_t *fd);

/* The same with a descriptor for an answer; the test fails otherwise. */
uint32_t wasi_create_file(const char *path, const char *content);

/* Of the host: a path below the folder, in a buffer that the next call uses again. */
const char *host_path(const char *path);
void host_write(const char *path, const char *content);
bool host_holds(const char *path, const char *content);
bool host_exists(const char *path);

#endif
