/* Memory that lies in the file of a snapshot, and what becomes of it. */
#define _GNU_SOURCE
#include "runtime/mapped.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/capture.h"
#include "runtime/instance.h"
#include "tests/runtime/suspendable.h"

#define MEMORY_BYTES ((size_t)3 * RT_PAGE_BYTES)

static char path[] = "/tmp/wanco-mapped-XXXXXX";
static uint8_t *expected;
static struct rt_memory memory; /* where it is loaded */
static char error_text[256];

static void write_snapshot(void)
{
    struct rt_instance *instance = suspendable_create();
    struct rt_memory *saved = rt_instance_memory(instance, 0);
    struct rt_error error;
    struct rt_capture capture;
    struct snapshot_written written;
    const struct snapshot_options raw = {.compression = SNAPSHOT_RAW};
    const struct rt_export *e = suspendable_module.exports;
    union rt_value argument = {.i32 = 1};
    struct rt_entry entry = {WANCO__SNAPSHOT__ENTRY__STAGE__EXPORT, instance, e->name,
                             &suspendable_module.types[e->index], &argument};
    cr_assert_eq(rt_memory_grow(saved, 2), 1);
    for (size_t i = 0; i < MEMORY_BYTES; i++)
        saved->base[i] = (uint8_t)(i % 251 + 1);
    memcpy(expected, saved->base, MEMORY_BYTES);
    cr_assert(rt_capture(&capture, &entry, &error), "%s", error.text);
    cr_assert(snapshot_write(path, &capture.header, capture.memories, &raw, &written,
                             error.text, sizeof error.text),
              "%s", error.text);
    rt_capture_free(&capture);
    rt_instance_destroy(instance);
}

static void set_up(void)
{
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    expected = malloc(MEMORY_BYTES);
    write_snapshot();
    memory.base = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory.n_bytes = MEMORY_BYTES;
    cr_assert_neq((void *)memory.base, MAP_FAILED);
}

static void tear_down(void)
{
    unlink(path);
}

TestSuite(mapped, .init = set_up, .fini = tear_down);

/* What is mapped of the memory, which has been loaded; the snapshot is closed again. */
static uint64_t load(bool is_allowed)
{
    struct snapshot *s = snapshot_open(path, error_text, sizeof error_text);
    cr_assert_not_null(s, "%s", error_text);
    if (is_allowed)
        rt_mapped_allow(s);
    cr_assert(rt_mapped_load(s, 0, &memory, error_text, sizeof error_text), "%s",
              error_text);
    snapshot_close(s);
    cr_assert_arr_eq(memory.base, expected, MEMORY_BYTES);
    struct snapshot_runs runs = rt_mapped_runs(&memory);
    return runs.n_runs == 0 ? 0 : runs.runs[0].n_bytes;
}

Test(mapped, long_runs_are)
{
    cr_assert_eq(load(true), MEMORY_BYTES);
}

Test(mapped, nothing_is_unless_it_is_allowed)
{
    cr_assert_eq(load(false), 0);
}

Test(mapped, a_memory_that_may_move_is_not)
{
    memory.is_64 = true;
    cr_assert_eq(load(true), 0);
}

Test(mapped, a_file_that_somebody_writes_is_not)
{
    int fd = open(path, O_WRONLY);
    cr_assert_eq(load(true), 0);
    close(fd);
}

Test(mapped, the_memory_stays_when_the_file_goes)
{
    load(true);
    memory.base[5000] = expected[5000] = 0;
    int fd = open(path, O_WRONLY | O_TRUNC);
    cr_assert_geq(fd, 0);
    cr_assert_arr_eq(memory.base, expected, MEMORY_BYTES);
    cr_assert_eq(write(fd, "another", 7), 7);
    close(fd);
    cr_assert_arr_eq(memory.base, expected, MEMORY_BYTES);
}

Test(mapped, the_memory_of_a_child_stays_too)
{
    int started[2], changed[2], status;
    char byte = 0;
    load(true);
    cr_assert(pipe(started) == 0 && pipe(changed) == 0);
    pid_t child = fork();
    if (child == 0) {
        bool waited = write(started[1], &byte, 1) == 1 && read(changed[0], &byte, 1) == 1;
        _exit(!waited || memcmp(memory.base, expected, MEMORY_BYTES) != 0);
    }
    cr_assert_eq(read(started[0], &byte, 1), 1);
    close(open(path, O_WRONLY | O_TRUNC));
    cr_assert_eq(write(changed[1], &byte, 1), 1);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
    cr_expect_arr_eq(memory.base, expected, MEMORY_BYTES);
}

/* Whoever starts the program may have blocked the signal. */
Test(mapped, no_writer_waits_for_a_signal_that_is_blocked)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    load(true);
    cr_assert_lt(open(path, O_WRONLY | O_NONBLOCK), 0); /* has the lease broken */
    int fd = open(path, O_WRONLY | O_NONBLOCK);
    cr_assert_geq(fd, 0);
    close(fd);
}

#ifdef __SANITIZE_ADDRESS__
enum { HAS_MEMORY_OF_ITS_OWN = 1 }; /* without which a sanitizer ends in its own way */
#else
enum { HAS_MEMORY_OF_ITS_OWN = 0 };
#endif

/* Else the guest would go on with what somebody else has written. */
Test(mapped, without_memory_for_copies_the_program_ends, .signal = SIGABRT,
     .disabled = HAS_MEMORY_OF_ITS_OWN)
{
    const struct rlimit none = {0, 0};
    char nameless[32];
    load(true);
    snprintf(nameless, sizeof nameless, "/proc/self/fd/%d", open(path, O_PATH));
    unlink(path); /* nobody tears down what ends so */
    cr_assert_eq(setrlimit(RLIMIT_AS, &none), 0);
    open(nameless, O_WRONLY);
}

Test(mapped, a_file_that_became_shorter_is_not)
{
    struct snapshot *s = snapshot_open(path, error_text, sizeof error_text);
    cr_assert_not_null(s, "%s", error_text);
    cr_assert_eq(truncate(path, RT_PAGE_BYTES), 0);
    rt_mapped_allow(s);
    cr_assert_not(rt_mapped_load(s, 0, &memory, error_text, sizeof error_text));
    cr_assert_not_null(strstr(error_text, "cannot read"), "%s", error_text);
    snapshot_close(s);
}

Test(mapped, nothing_more_is_once_the_file_has_changed)
{
    struct snapshot *s = snapshot_open(path, error_text, sizeof error_text);
    cr_assert_not_null(s, "%s", error_text);
    rt_mapped_allow(s);
    close(open(path, O_WRONLY));
    cr_assert(rt_mapped_load(s, 0, &memory, error_text, sizeof error_text), "%s",
              error_text);
    cr_assert_eq(rt_mapped_runs(&memory).n_runs, 0);
    cr_assert_arr_eq(memory.base, expected, MEMORY_BYTES);
    snapshot_close(s);
}
