/* Every function of wasi.def, called with what no sensible guest passes. */
#define _GNU_SOURCE
#include "runtime/wasi_calls.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ffi.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/runtime/wasi_fixture.h"

static const struct function {
    const char *name, *signature;
    void (*code)(void);
} functions[] = {
#define HOST(module, name, function, signature, suspends)                                \
    {#function, signature, (void (*)(void))rt_wasi_##function},
#include "runtime/wasi.def"
#undef HOST
};

static const char *params_of(const struct function *f)
{
    return strchr(f->signature, '(') + 1;
}

static uint32_t n_params(const struct function *f)
{
    return (uint32_t)strlen(params_of(f)) - 1;
}

static uint32_t call(const struct function *f, const uint64_t *args)
{
    ffi_type *types[16] = {&ffi_type_pointer};
    uint32_t narrow[16];
    void *values[16] = {&guest};
    ffi_cif cif;
    ffi_arg result = 0;
    uint32_t n = n_params(f);
    for (uint32_t i = 0; i < n; i++) {
        bool is_wide = params_of(f)[i] == 'I';
        narrow[i] = (uint32_t)args[i];
        types[i + 1] = is_wide ? &ffi_type_uint64 : &ffi_type_uint32;
        values[i + 1] = is_wide ? (void *)(uintptr_t)&args[i] : &narrow[i];
    }
    cr_assert_eq(ffi_prep_cif(&cif, FFI_DEFAULT_ABI, n + 1, &ffi_type_uint32, types),
                 FFI_OK);
    ffi_call(&cif, f->code, &result, values);
    return (uint32_t)result;
}

/* Some end the program, poll_oneoff may wait as long as the guest likes, and has tests of
 * its own. */
static bool comes_back(const struct function *f)
{
    return strncmp(f->name, "proc_", 5) != 0 && strstr(f->name, "poll_oneoff") == NULL;
}

static bool is_of_descriptor(const struct function *f)
{
    return strncmp(f->name, "fd_", 3) == 0 || strncmp(f->name, "sock_", 5) == 0 ||
           strncmp(f->name, "unstable_fd_", 12) == 0 ||
           strncmp(f->name, "unstable_path_", 14) == 0 ||
           (strncmp(f->name, "path_", 5) == 0 && strcmp(f->name, "path_symlink") != 0);
}

TestSuite(wasi_calls, .init = wasi_setup, .fini = wasi_teardown);

Test(wasi_calls, descriptors_that_are_none)
{
    const uint32_t fds[] = {5, 15, 16, 1u << 20, INT32_MAX, UINT32_MAX};
    for (size_t i = 0; i < N(functions); i++)
        for (size_t k = 0; k < N(fds) && is_of_descriptor(&functions[i]); k++)
            cr_expect_eq(call(&functions[i], (uint64_t[16]){fds[k]}), WASI_EBADF,
                         "%s(%u)", functions[i].name, fds[k]);
}

/* ---- Anything at all ---- */

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1103515245 + 12345;
    return (random_state >> 8) % n;
}

/* Descriptors, addresses at the edges of the memory, flags, sizes: each where it may not
 * be expected. Sizes of files that a disk could have are not among them. */
static uint64_t random_argument(void)
{
    const uint64_t end = rt_instance_memory(guest, 0)->n_bytes;
    const uint64_t values[] = {
        0,       1,         2,          3,          4,         5,          6,
        7,       8,         16,         31,         64,        255,        end - 64,
        end - 8, end - 1,   end,        end + 1,    INT32_MAX, 0x80000000, UINT32_MAX,
        4096,    INT64_MAX, 1ull << 63, UINT64_MAX, RW,        RO,         RW};
    return values[random_below(N(values))];
}

/* What is in memory are paths, iovecs that overlap or overflow, and noise. */
static void fill_memory(void)
{
    static const char paths[] =
        "\0../outside/secret\0/etc/passwd\0.\0..\0a/\0a\0b\xff\0/";
    uint8_t *bytes = wasi_at(0);
    const uint32_t n_bytes = (uint32_t)rt_instance_memory(guest, 0)->n_bytes;
    for (uint32_t i = 0; i < 512; i += 8) {
        rt_wasi_store32(bytes + i, (uint32_t)random_argument());
        rt_wasi_store32(bytes + i + 4, (uint32_t)random_argument());
        rt_wasi_store32(bytes + n_bytes - 512 + i, (uint32_t)random_argument());
        rt_wasi_store32(bytes + n_bytes - 508 + i, (uint32_t)random_argument());
    }
    memcpy(bytes + random_below(256), paths, sizeof paths);
}

static void use_null_streams(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2; fd++)
        cr_assert_eq(dup2(null, fd), fd);
    close(null);
}

/* Successes, so that the test is known to reach what it should. */
static uint32_t n_done;

static void call_all_with_anything(void)
{
    for (size_t i = 0; i < N(functions); i++) {
        uint64_t args[16];
        for (size_t k = 0; k < N(args); k++)
            args[k] = random_argument();
        if (!comes_back(&functions[i]))
            continue;
        uint32_t error = call(&functions[i], args);
        cr_assert_leq(error, WASI_ENOTCAPABLE, "%s", functions[i].name);
        n_done += error == WASI_OK;
    }
}

/* An answer is an error of WASI or success; nothing outside of the guest's memory and
 * directories changes. A guest soon has closed what it had: then the next one is made. */
static void try_guests(void (*setup)(void))
{
    for (int n_guests = 0; n_guests < 100; n_guests++) {
        setup();
        use_null_streams();
        for (int round = 0; round < 30; round++) {
            fill_memory();
            call_all_with_anything();
        }
        struct stat st;
        cr_expect(host_holds("outside/secret", "secret"));
        cr_expect(host_holds("ro/file", "constant"));
        cr_assert_eq(stat(host_path("ro"), &st), 0);
        cr_expect_eq(st.st_nlink, 3, "ro/dir is there, and no other");
        for (int fd = 0; fd <= 2; fd++)
            cr_expect_geq(fcntl(fd, F_GETFD), 0);
        wasi_teardown();
    }
    cr_expect_gt(n_done, 1000);
}

Test(wasi_hostile_calls, with_openat2, .timeout = 60)
{
    try_guests(wasi_setup);
}

Test(wasi_hostile_calls, without_openat2, .timeout = 60)
{
    try_guests(wasi_setup_walk);
}
