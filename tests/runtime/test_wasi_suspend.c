#define _GNU_SOURCE
#include "runtime/wasi_suspend.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/runtime/wasi_fixture.h"

#define MILLISECOND 1000000u

/* The guest's module, as if it imported all of WASI. */
static const struct rt_import imports[] = {
#define HOST(module, name, function, signature, suspends)                                \
    {{#module, sizeof #module - 1},                                                      \
     {#name, sizeof #name - 1},                                                          \
     RT_EXTERN_FUNC,                                                                     \
     0,                                                                                  \
     (const void *)rt_wasi_##function,                                                   \
     NULL},
#include "runtime/wasi.def"
#undef HOST
};

static const struct rt_module *plain_module;
static struct rt_module module;
static uint32_t n_done;

static void setup(void)
{
    wasi_setup();
    plain_module = guest->module;
    module = *plain_module;
    module.n_imports = N(imports);
    module.imports = imports;
    guest->module = &module;
    n_done = wasi_room(8);
}

static void teardown(void)
{
    guest->module = plain_module;
    wasi_teardown();
}

TestSuite(wasi_suspend, .init = setup, .fini = teardown, .timeout = 20);

/* ---- A guest that is suspended by a signal ---- */

static struct rt_host_call call; /* to make; then the one that was suspended */
static char call_name[32];
static uint32_t result;

/* ASan, if it is there, does not notice that frames on the guest's stack were left. */
__attribute__((weak)) void __asan_unpoison_memory_region(const volatile void *at,
                                                         size_t n_bytes);
#define LEFT_BYTES (256u << 10)

static void perform(void *argument)
{
    const char here = 0;
    (void)argument;
    if (__asan_unpoison_memory_region)
        __asan_unpoison_memory_region(
            (const volatile void *)((uintptr_t)&here - LEFT_BYTES), LEFT_BYTES);
    union rt_value value;
    rt_wasi_call_again(&call, &value);
    result = value.i32;
}

/* False if it was suspended; the call as it is to be made again is then in `call`. */
static bool make(void)
{
    struct rt_error error;
    if (rt_enter(perform, NULL, &error))
        return true;
    cr_assert_eq(error.kind, RT_ERROR_SUSPENDED);
    struct rt_records records = rt_safepoint_records();
    const struct rt_point *point;
    cr_assert_eq(records.n_bytes, sizeof point + sizeof call);
    memcpy(&point, records.bytes, sizeof point);
    cr_assert_eq(point, &rt_host_call_point);
    memcpy(&call, records.bytes + sizeof point, sizeof call);
    rt_safepoint_forget(0);
    rt_safepoint_request(false);
    cr_expect_eq(call.again, rt_wasi_call_again);
    cr_expect_eq(call.instance, guest);
    cr_expect(rt_wasi_can_call_again(&call));
    return false;
}

static void set_call(const char *name, uint32_t n_args, const uint64_t *args)
{
    strcpy(call_name, name);
    call = (struct rt_host_call){.instance = guest, .name = call_name, .n_args = n_args};
    memcpy(call.args, args, n_args * sizeof *args);
}

#define CALL(name, ...)                                                                  \
    set_call(name, N(((const uint64_t[]){__VA_ARGS__})), (const uint64_t[]){__VA_ARGS__})

static void on_alarm(int signal)
{
    (void)signal;
    rt_safepoint_request(true);
}

/* Wants a checkpoint in n milliseconds, and interrupts what blocks again and again. */
static void interrupt_after(long milliseconds)
{
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = {{0, 5000}, {0, milliseconds * 1000}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void stop_interrupting(void)
{
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    rt_safepoint_request(false);
}

static int n_open(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* The call blocks, and is suspended with the arguments it was made with. */
static void expect_suspended(void)
{
    struct rt_host_call made = call;
    int n_before = n_open();
    interrupt_after(10);
    cr_assert_not(make());
    stop_interrupting();
    cr_expect_str_eq(call.name, made.name);
    cr_expect_eq(call.n_args, made.n_args);
    cr_expect_arr_eq(call.args, made.args, sizeof call.args);
    cr_expect_eq(n_open(), n_before, "all that it held is given back");
}

static void expect_done(uint32_t error)
{
    cr_assert(make());
    cr_expect_eq(result, error);
}

static uint32_t inherit(int host_fd)
{
    uint32_t fd;
    cr_assert_eq(rt_wasi_inherit(wasi, host_fd, &fd), WASI_OK);
    return fd;
}

/* ---- Each function that may block ---- */

Test(wasi_suspend, a_read)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    uint32_t buffer = wasi_room(8);
    CALL("fd_read", inherit(ends[0]), wasi_iovec(buffer, 8), 1, n_done);
    expect_suspended();
    expect_suspended();
    cr_assert_eq(write(ends[1], "late", 4), 4);
    expect_done(WASI_OK);
    cr_expect_eq(rt_wasi_load32(wasi_at(n_done)), 4);
    cr_expect_eq(memcmp(wasi_at(buffer), "late", 4), 0);
}

Test(wasi_suspend, a_write)
{
    static char block[65536];
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    cr_assert_eq(fcntl(ends[1], F_SETPIPE_SZ, sizeof block), (int)sizeof block);
    cr_assert_eq(write(ends[1], block, sizeof block), (ssize_t)sizeof block);
    CALL("fd_write", inherit(ends[1]), wasi_ciovec("x"), 1, n_done);
    expect_suspended();
    cr_assert_eq(read(ends[0], block, sizeof block), (ssize_t)sizeof block);
    expect_done(WASI_OK);
    cr_expect_eq(rt_wasi_load32(wasi_at(n_done)), 1);
}

/* What has been written must not be written again. */
Test(wasi_suspend, a_write_with_progress_returns)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    cr_assert_eq(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    CALL("fd_write", inherit(ends[1]), wasi_iovec(0, RT_PAGE_BYTES), 1, n_done);
    interrupt_after(10);
    expect_done(WASI_OK);
    stop_interrupting();
    cr_expect_eq(rt_wasi_load32(wasi_at(n_done)), 4096);
}

static void open_fifo(void)
{
    uint32_t path = wasi_put("dir/fifo");
    cr_assert_eq(mkdir(host_path("rw/dir"), 0755), 0);
    cr_assert_eq(mkfifo(host_path("rw/dir/fifo"), 0644), 0);
    CALL("path_open", RW, WASI_LOOKUP_SYMLINK_FOLLOW, path, 8, 0, WASI_RIGHT_FD_READ, 0,
         0, n_done);
    expect_suspended();
    int other = open(host_path("rw/dir/fifo"), O_RDWR);
    expect_done(WASI_OK);
    cr_expect(wasi->fds[rt_wasi_load32(wasi_at(n_done))].is_open);
    close(other);
}

Test(wasi_suspend, opening_a_fifo)
{
    open_fifo();
}

Test(wasi_suspend, opening_a_fifo_without_openat2)
{
    wasi->lacks_openat2 = true;
    open_fifo();
}

Test(wasi_suspend, sockets)
{
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    uint32_t fd = inherit(pair[0]), buffer = wasi_room(8);
    CALL("sock_recv", fd, wasi_iovec(buffer, 8), 1, 0, n_done, n_done + 4);
    expect_suspended();
    cr_assert_eq(write(pair[1], "late", 4), 4);
    expect_done(WASI_OK);
    cr_expect_eq(memcmp(wasi_at(buffer), "late", 4), 0);
    static char block[4096];
    while (send(pair[0], block, sizeof block, MSG_DONTWAIT) > 0)
        ;
    CALL("sock_send", fd, wasi_iovec(0, 8), 1, 0, n_done);
    expect_suspended();
    close(pair[1]);
    expect_done(WASI_EPIPE);
}

Test(wasi_suspend, accepting)
{
    struct sockaddr_storage address = {.ss_family = AF_UNIX}; /* autobind */
    socklen_t n = sizeof address;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
    cr_assert_eq(listen(listener, 1), 0);
    CALL("sock_accept", inherit(listener), 0, n_done);
    expect_suspended();
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &n), 0);
    cr_assert_eq(connect(client, (struct sockaddr *)&address, n), 0);
    expect_done(WASI_OK);
    cr_expect(wasi->fds[rt_wasi_load32(wasi_at(n_done))].is_open);
    close(client);
}

/* ---- Waiting for a time ---- */

static uint64_t guest_now(uint32_t clock)
{
    uint64_t now;
    cr_assert_eq(rt_wasi_now(wasi, clock, &now), WASI_OK);
    return now;
}

static void poll_clock(uint32_t clock, uint64_t timeout, uint16_t flags)
{
    uint32_t sub = wasi_room(48), event = wasi_room(32);
    rt_wasi_store32(wasi_at(sub) + 16, clock);
    rt_wasi_store64(wasi_at(sub) + 24, timeout);
    rt_wasi_store16(wasi_at(sub) + 40, flags);
    CALL("poll_oneoff", sub, event, 1, n_done);
}

Test(wasi_suspend, a_relative_timeout_counts_from_the_first_call)
{
    uint64_t before = guest_now(WASI_CLOCK_MONOTONIC);
    poll_clock(WASI_CLOCK_MONOTONIC, 200 * MILLISECOND, 0);
    expect_suspended();
    cr_expect(call.state[0] >= before && call.state[0] < before + 100 * MILLISECOND);
    uint64_t since = call.state[0];
    expect_suspended();
    cr_expect_eq(call.state[0], since);
    /* Elsewhere the monotonic clock goes on from where it was. */
    rt_wasi_set_clock(wasi, WASI_CLOCK_MONOTONIC, since + 190 * MILLISECOND);
    uint64_t host_before = guest_now(WASI_CLOCK_REALTIME);
    expect_done(WASI_OK);
    cr_expect_geq(guest_now(WASI_CLOCK_MONOTONIC), since + 200 * MILLISECOND);
    cr_expect_lt(guest_now(WASI_CLOCK_REALTIME), host_before + 150 * MILLISECOND);
    poll_clock(WASI_CLOCK_MONOTONIC, 10 * MILLISECOND, 0);
    before = guest_now(WASI_CLOCK_MONOTONIC);
    expect_done(WASI_OK);
    cr_expect_geq(guest_now(WASI_CLOCK_MONOTONIC), before + 10 * MILLISECOND,
                  "a new wait begins anew");
}

Test(wasi_suspend, an_absolute_timeout_is_on_the_guests_clock)
{
    rt_wasi_set_clock(wasi, WASI_CLOCK_MONOTONIC, 5 * MILLISECOND);
    poll_clock(WASI_CLOCK_MONOTONIC, 60 * MILLISECOND, 1);
    expect_suspended();
    expect_done(WASI_OK);
    uint64_t now = guest_now(WASI_CLOCK_MONOTONIC);
    cr_expect(now >= 60 * MILLISECOND && now < 10000ull * MILLISECOND);
}

/* ---- Calls by name ---- */

/* These do not block here; their arguments must come in the right order. */
Test(wasi_suspend, every_type_of_call)
{
    uint32_t fd = wasi_create_file("file", "0123456789"), buffer = wasi_room(8);
    CALL("fd_pwrite", fd, wasi_ciovec("ab"), 1, 3, n_done);
    expect_done(WASI_OK);
    cr_expect(host_holds("rw/file", "012ab56789"));
    CALL("fd_pread", fd, wasi_iovec(buffer, 3), 1, 8, n_done);
    expect_done(WASI_OK);
    cr_expect_eq(rt_wasi_load32(wasi_at(n_done)), 2);
    CALL("fd_filestat_set_size", fd, 4);
    expect_done(WASI_OK);
    cr_expect(host_holds("rw/file", "012a"));
    CALL("fd_allocate", fd, UINT64_MAX, 1);
    expect_done(WASI_EINVAL);
    CALL("fd_sync", fd);
    expect_done(WASI_OK);
    CALL("fd_datasync", 99);
    expect_done(WASI_EBADF);
}

Test(wasi_suspend, every_suspending_function_can_be_called_again)
{
#define HOST(module, name, function, signature, suspends)                                \
    do {                                                                                 \
        const char *params = strchr(signature, '(') + 1;                                 \
        set_call(#function, (uint32_t)strlen(params) - 1, (uint64_t[10]){99});           \
        cr_expect_eq(rt_wasi_can_call_again(&call), suspends);                           \
        if (suspends)                                                                    \
            expect_done(strcmp(#name, "poll_oneoff") == 0 ? WASI_EINVAL : WASI_EBADF);   \
    } while (0);
#include "runtime/wasi.def"
#undef HOST
}

Test(wasi_suspend, imports_have_functions)
{
    struct rt_import import = {
        {"wasi_unstable", 13}, {"fd_seek", 7}, RT_EXTERN_FUNC, 0, &module, NULL};
    cr_expect_str_eq(rt_wasi_function_of(&import), "unstable_fd_seek");
    import.module = (struct rt_string){"wasi_snapshot_preview1", 22};
    cr_expect_str_eq(rt_wasi_function_of(&import), "fd_seek");
    import.module.n_bytes--;
    cr_expect_null(rt_wasi_function_of(&import));
    import.module.n_bytes++;
    import.host_func = NULL;
    cr_expect_null(rt_wasi_function_of(&import));
}

Test(wasi_suspend, a_call_of_a_snapshot_is_checked)
{
    CALL("fd_read", 0, 0, 0, 0);
    cr_expect(rt_wasi_can_call_again(&call));
    CALL("fd_read", 0, 0, 0);
    cr_expect_not(rt_wasi_can_call_again(&call));
    CALL("fd_read", 0, 0, 0, 0x100000000);
    cr_expect_not(rt_wasi_can_call_again(&call));
    CALL("fd_pread", 0, 0, 0, 0x100000000, 0);
    cr_expect(rt_wasi_can_call_again(&call));
    CALL("fd_reads", 0, 0, 0, 0);
    cr_expect_not(rt_wasi_can_call_again(&call));
    CALL("", 0);
    cr_expect_not(rt_wasi_can_call_again(&call));
    module.n_imports = 0;
    CALL("fd_read", 0, 0, 0, 0);
    cr_expect_not(rt_wasi_can_call_again(&call), "not imported, so not linked");
}

/* A call that is made again may end the guest like any other. */
static void exit_after(void *argument)
{
    (void)argument;
    union rt_value value;
    rt_wasi_call_again(&call, &value);
    rt_exit_guest(value.i32);
}

Test(wasi_suspend, the_guest_may_end_after_it)
{
    struct rt_error error;
    CALL("fd_sync", 99);
    cr_assert_not(rt_enter(exit_after, NULL, &error));
    cr_expect_eq(error.kind, RT_ERROR_EXIT);
    cr_expect_eq(error.exit_status, WASI_EBADF);
}
