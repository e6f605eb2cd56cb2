#define _GNU_SOURCE
#include "runtime/wasi.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/runtime/wasi_fixture.h"

/* The type of a host function, as wasi.def writes it. */
#define P struct rt_instance *
#define i uint32_t
#define I uint64_t
#define SIGNATURE(function)                                                              \
    _Generic(&(function), i(*)(P)                                                        \
             : "i()", i(*)(P, i)                                                         \
             : "i(i)", void (*)(P, i)                                                    \
             : "v(i)", i (*)(P, i, i)                                                    \
             : "i(ii)", i (*)(P, i, I)                                                   \
             : "i(iI)", i (*)(P, i, i, i)                                                \
             : "i(iii)", i (*)(P, i, I, i)                                               \
             : "i(iIi)", i (*)(P, i, I, I)                                               \
             : "i(iII)", i (*)(P, i, i, i, i)                                            \
             : "i(iiii)", i (*)(P, i, I, i, i)                                           \
             : "i(iIii)", i (*)(P, i, I, I, i)                                           \
             : "i(iIIi)", i (*)(P, i, i, i, i, i)                                        \
             : "i(iiiii)", i (*)(P, i, i, i, I, i)                                       \
             : "i(iiiIi)", i (*)(P, i, i, i, i, i, i)                                    \
             : "i(iiiiii)", i (*)(P, i, i, i, i, I, I, i)                                \
             : "i(iiiiIIi)", i (*)(P, i, i, i, i, i, i, i)                               \
             : "i(iiiiiii)", i (*)(P, i, i, i, i, i, I, I, i, i)                         \
             : "i(iiiiiIIii)")

Test(wasi_calls, match_the_table)
{
#define HOST(module, name, function, signature, suspends)                                \
    cr_expect_str_eq(SIGNATURE(rt_wasi_##function), signature, #name);
#include "runtime/wasi.def"
#undef HOST
}
#undef P
#undef i
#undef I

Test(wasi, names_a_directory_it_cannot_open)
{
    char text[256];
    const struct rt_wasi_config config = {
        .grants = {.preopens =
                       (const struct rt_preopen[]){{"/", "/", true},
                                                   {"/missing directory", "/x", false}},
                   .n_preopens = 2},
    };
    cr_expect_null(rt_wasi_create(&config, text, sizeof text));
    cr_expect_str_eq(
        text,
        "cannot open the directory '/missing directory': No such file or directory");
}

Test(wasi, opens_lowest_descriptors_first)
{
    char text[256];
    const struct rt_wasi_config config = {
        .grants = {.preopens =
                       (const struct rt_preopen[]){{"/", "/a", true}, {"/", "/b", false}},
                   .n_preopens = 2},
    };
    struct rt_wasi *w = rt_wasi_create(&config, text, sizeof text);
    cr_assert_not_null(w);
    for (uint32_t fd = 0; fd <= 4; fd++)
        cr_expect(w->fds[fd].is_open);
    cr_expect_str_eq(w->preopens[0].guest_name, "/a");
    cr_expect(rt_wasi_is_read_only(w, &w->fds[3]));
    cr_expect_not(rt_wasi_is_read_only(w, &w->fds[4]));
    cr_expect_not(rt_wasi_is_read_only(w, &w->fds[0]));
    int host_fd = w->fds[4].host_fd;
    rt_wasi_destroy(w);
    cr_expect_eq(fcntl(host_fd, F_GETFD), -1);
    cr_expect_geq(fcntl(2, F_GETFD), 0);
}

Test(wasi, closed_standard_streams_become_the_null_device)
{
    char text[256];
    const struct rt_wasi_config config = {0};
    close(0);
    struct rt_wasi *w = rt_wasi_create(&config, text, sizeof text);
    cr_assert_not_null(w);
    cr_expect_eq(w->fds[0].filetype, WASI_TYPE_CHARACTER_DEVICE);
    struct stat st, null;
    cr_expect(fstat(0, &st) == 0 && stat("/dev/null", &null) == 0 &&
              st.st_rdev == null.st_rdev);
    rt_wasi_destroy(w);
}

Test(wasi, the_guests_flags_on_standard_streams_end_with_it)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    dup2(ends[0], 0);
    wasi_setup();
    cr_expect_eq(rt_wasi_fd_fdstat_set_flags(guest, 0, WASI_FD_NONBLOCK), WASI_OK);
    cr_expect_neq(fcntl(0, F_GETFL) & O_NONBLOCK, 0);
    wasi_teardown();
    cr_expect_eq(fcntl(0, F_GETFL) & O_NONBLOCK, 0);
}
