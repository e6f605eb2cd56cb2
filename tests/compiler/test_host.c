#include "compiler/host.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct host_func *find(const char *module, const char *name)
{
    struct import import = {.module = {module, (uint32_t)strlen(module)},
                            .name = {name, (uint32_t)strlen(name)}};
    return find_host_func(&import);
}

Test(host, imports_that_wasi_def_names)
{
    const struct host_func *close = find("wasi_snapshot_preview1", "fd_close");
    cr_assert_not_null(close);
    cr_expect_str_eq(close->signature, "i(i)");
    cr_expect_not(close->suspends);
    const struct host_func *poll = find("wasi_snapshot_preview1", "poll_oneoff");
    cr_assert_not_null(poll);
    cr_expect_str_eq(poll->signature, "i(iiii)");
    cr_expect(poll->suspends);
}

Test(host, what_differs_in_wasi_unstable_has_functions_of_its_own)
{
    cr_expect_str_eq(find("wasi_unstable", "fd_close")->function, "fd_close");
    cr_expect_str_eq(find("wasi_unstable", "fd_seek")->function, "unstable_fd_seek");
    cr_expect_str_eq(find("wasi_snapshot_preview1", "fd_seek")->function, "fd_seek");
}

Test(host, all_others)
{
    cr_expect_null(find("wasi_snapshot_preview1", "fd_clos"));
    cr_expect_null(find("wasi_snapshot_preview1", "fd_close2"));
    cr_expect_null(find("wasi_unstable", "sock_accept"));
    cr_expect_null(find("", ""));
}
