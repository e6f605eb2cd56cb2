#define _GNU_SOURCE
#include "tests/runtime/wasi_fixture.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct rt_instance *guest;
struct rt_wasi *wasi;

static char folder[64];
static uint32_t next_free; /* in guest memory */

struct module_area {
    struct rt_instance head;
    struct rt_memory memory;
};

static void initialize(struct rt_instance *instance)
{
    (void)instance;
}

static const struct rt_module module = {
    .abi_version = RT_ABI_VERSION,
    .n_memories = 1,
    .start_func = UINT32_MAX,
    .instance_bytes = sizeof(struct module_area),
    .memories =
        (const struct rt_memory_desc[]){
            {offsetof(struct module_area, memory), {2, 2, 0}, RT_PAGE_BITS, 0}},
    .initialize = initialize,
};

const char *host_path(const char *path)
{
    static char text[PATH_MAX];
    snprintf(text, sizeof text, "%s/%s", folder, path);
    return text;
}

void host_write(const char *path, const char *content)
{
    int fd = open(host_path(path), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    cr_assert(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    close(fd);
}

bool host_holds(const char *path, const char *content)
{
    char text[256] = "";
    int fd = open(host_path(path), O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    close(fd);
    return n == (ssize_t)strlen(content) && strcmp(text, content) == 0;
}

bool host_exists(const char *path)
{
    struct stat st;
    return lstat(host_path(path), &st) == 0;
}

static void make_folder(void)
{
    strcpy(folder, "/tmp/wanco-wasi-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(mkdir(host_path("rw"), 0755), 0);
    cr_assert_eq(mkdir(host_path("ro"), 0755), 0);
    cr_assert_eq(mkdir(host_path("ro/dir"), 0755), 0);
    cr_assert_eq(mkdir(host_path("outside"), 0755), 0);
    host_write("ro/file", "constant");
    host_write("outside/secret", "secret");
}

void wasi_setup(void)
{
    char rw[PATH_MAX], ro[PATH_MAX], text[256];
    make_folder();
    strcpy(rw, host_path("rw"));
    strcpy(ro, host_path("ro"));
    const struct rt_wasi_config config = {
        .args = (const char *const[]){"program", "", "last argument", NULL},
        .env = (const char *const[]){"HOME=/rw", NULL},
        .grants = {.preopens =
                       (const struct rt_preopen[]){{rw, "/rw", false}, {ro, "/ro", true}},
                   .n_preopens = 2,
                   .max_unlinked_bytes = MAX_UNLINKED},
    };
    wasi = rt_wasi_create(&config, text, sizeof text);
    cr_assert_not_null(wasi, "%s", text);
    struct rt_error error;
    cr_assert(rt_trap_setup(1 << 20, &error), "%s", error.text);
    rt_trap_set_backtrace(false);
    const struct rt_instance_config instance_config = {.wasi = wasi};
    cr_assert(rt_instance_create(&module, &instance_config, &guest, &error), "%s",
              error.text);
    next_free = 16;
}

void wasi_setup_walk(void)
{
    wasi_setup();
    wasi->lacks_openat2 = true;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

void wasi_teardown(void)
{
    rt_instance_destroy(guest);
    rt_wasi_destroy(wasi);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

uint32_t wasi_room(uint32_t n_bytes)
{
    uint32_t address = next_free;
    next_free += (n_bytes + 7) & ~7u;
    cr_assert_leq(next_free, rt_instance_memory(guest, 0)->n_bytes);
    return address;
}

uint8_t *wasi_at(uint32_t address)
{
    return rt_instance_memory(guest, 0)->base + address;
}

uint32_t wasi_put(const char *text)
{
    uint32_t address = wasi_room((uint32_t)strlen(text));
    memcpy(wasi_at(address), text, strlen(text));
    return address;
}

uint32_t wasi_iovec(uint32_t buffer, uint32_t n_bytes)
{
    uint32_t address = wasi_room(8);
    rt_wasi_store32(wasi_at(address), buffer);
    rt_wasi_store32(wasi_at(address) + 4, n_bytes);
    return address;
}

uint32_t wasi_ciovec(const char *text)
{
    return wasi_iovec(wasi_put(text), (uint32_t)strlen(text));
}

static uint32_t open_with(uint32_t dir_fd, const char *path, uint32_t oflags,
                          uint64_t rights, uint32_t *fd)
{
    uint32_t opened = wasi_room(4);
    uint32_t error = rt_wasi_path_open(guest, dir_fd, WASI_LOOKUP_SYMLINK_FOLLOW,
                                       PATH(path), oflags, rights, ALL_RIGHTS, 0, opened);
    *fd = rt_wasi_load32(wasi_at(opened));
    return error;
}

uint32_t wasi_open(uint32_t dir_fd, const char *path, uint32_t oflags, uint32_t *fd)
{
    return open_with(dir_fd, path, oflags, ALL_RIGHTS, fd);
}

uint32_t wasi_open_to_read(uint32_t dir_fd, const char *path, uint32_t *fd)
{
    return open_with(dir_fd, path, 0, ALL_RIGHTS & ~(uint64_t)WASI_RIGHT_FD_WRITE, fd);
}

uint32_t wasi_create_file(const char *path, const char *content)
{
    uint32_t fd, n_written = wasi_room(4);
    cr_assert_eq(wasi_open(RW, path, WASI_O_CREAT | WASI_O_EXCL, &fd), WASI_OK);
    cr_assert_eq(rt_wasi_fd_write(guest, fd, wasi_ciovec(content), 1, n_written),
                 WASI_OK);
    return fd;
}
