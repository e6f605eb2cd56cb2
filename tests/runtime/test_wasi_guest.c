#include <criterion/criterion.h>
#include <errno.h>

#include "tests/runtime/wasi_fixture.h"

TestSuite(wasi_guest, .init = wasi_setup, .fini = wasi_teardown);

Test(wasi_guest, bounds_addresses)
{
    const uint32_t end = 2 * RT_PAGE_BYTES;
    cr_expect_eq(rt_wasi_at(guest, 0, end), wasi_at(0));
    cr_expect_eq(rt_wasi_at(guest, end, 0), wasi_at(0) + end);
    cr_expect_null(rt_wasi_at(guest, end + 1, 0));
    cr_expect_null(rt_wasi_at(guest, 1, end));
    cr_expect_null(rt_wasi_at(guest, 0, UINT64_MAX));
    cr_expect_null(rt_wasi_at(guest, UINT32_MAX, 1));
}

static uint32_t path_error(const char *text)
{
    char path[PATH_MAX];
    return rt_wasi_get_path(guest, PATH(text), path);
}

Test(wasi_guest, paths_are_utf8)
{
    const char *const good[] = {"plain",  "\u00e9", "\u07ff",     "\u0800",     "\ud7ff",
                                "\ue000", "\uffff", "\U00010000", "\U0010ffff", ""};
    const char *const bad[] = {"\x80",
                               "\xc0\xaf",
                               "\xc1\xbf",
                               "\xc3",
                               "\xe0\x9f\xbf",
                               "\xed\xa0\x80",
                               "\xe2\x82",
                               "\xf0\x8f\xbf\xbf",
                               "\xf4\x90\x80\x80",
                               "\xf5\x80\x80\x80",
                               "\xe2\x28\xa1",
                               "\xff"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect_eq(path_error(good[i]), WASI_OK, "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(path_error(bad[i]), WASI_EILSEQ, "%zu", i);
}

Test(wasi_guest, errors_have_their_numbers)
{
    cr_expect_eq(rt_wasi_errno(0), WASI_OK);
    cr_expect_eq(rt_wasi_errno(ENOENT), 44);
    cr_expect_eq(rt_wasi_errno(EOPNOTSUPP), 58);
    cr_expect_eq(rt_wasi_errno(EWOULDBLOCK), 6);
    cr_expect_eq(rt_wasi_errno(EXDEV), 75);
    cr_expect_eq(rt_wasi_errno(ENOMEDIUM), WASI_EIO, "unknown to WASI");
}
