#define _GNU_SOURCE
#include "compiler/progress.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int terminal;

/* stderr becomes a terminal whose other end is `terminal`. */
static void open_terminal(void)
{
    int end;
    cr_assert_eq(openpty(&terminal, &end, NULL, NULL, NULL), 0);
    cr_assert_geq(dup2(end, STDERR_FILENO), 0);
    close(end);
}

/* What was drawn since; a mark makes sure that there is something to read. */
static const char *drawn(void)
{
    static char text[4096];
    size_t n = 0;
    fputs("|", stderr);
    fflush(stderr);
    while (n == 0 || text[n - 1] != '|') {
        ssize_t got = read(terminal, text + n, sizeof text - 1 - n);
        cr_assert_gt(got, 0);
        n += (size_t)got;
    }
    text[n - 1] = '\0';
    return text;
}

Test(progress, nothing_is_drawn_where_it_is_not_wanted)
{
    open_terminal();
    struct progress p;
    progress_begin(&p, 100, false);
    p.start -= 10;
    progress_add(&p, 50);
    progress_end(&p);
    cr_expect_str_eq(drawn(), "");
}

Test(progress, nothing_is_drawn_beside_a_terminal)
{
    struct progress p;
    int pipe_ends[2];
    cr_assert_eq(pipe(pipe_ends), 0);
    cr_assert_geq(dup2(pipe_ends[1], STDERR_FILENO), 0);
    progress_begin(&p, 100, true);
    cr_expect_not(p.is_shown);
    progress_end(&p);
}

Test(progress, quick_work_shows_no_bar)
{
    open_terminal();
    struct progress p;
    progress_begin(&p, 100, true);
    progress_add(&p, 100);
    progress_end(&p);
    cr_expect_str_eq(drawn(), "");
}

Test(progress, a_bar_is_drawn_and_taken_away)
{
    open_terminal();
    struct progress p;
    progress_begin(&p, 200, true);
    p.start -= 10; /* as if it had taken that long */
    progress_add(&p, 50);
    const char *text = drawn();
    cr_expect_not_null(strstr(text, "[##########....."), "%s", text);
    cr_expect_not_null(strstr(text, " 25 %"), "%s", text);
    progress_add(&p, 0);
    cr_expect_str_eq(drawn(), "", "the same again is not drawn");
    progress_add(&p, 150);
    text = drawn();
    cr_expect_not_null(strstr(text, "100 %"), "%s", text);
    progress_end(&p);
    cr_expect_str_eq(drawn(), "\r\033[K");
}

Test(progress, no_work_at_all)
{
    open_terminal();
    struct progress p;
    progress_begin(&p, 0, true);
    p.start -= 10;
    progress_add(&p, 0);
    progress_end(&p);
    cr_expect_str_eq(drawn(), "");
}

static void *add_ones(void *p)
{
    for (int i = 0; i < 1000; i++)
        progress_add(p, 1);
    return NULL;
}

Test(progress, threads_add_up)
{
    enum { N = 4 };
    struct progress p;
    pthread_t threads[N];
    progress_begin(&p, UINT64_C(1000) * N, false);
    for (int i = 0; i < N; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, add_ones, &p), 0);
    for (int i = 0; i < N; i++)
        pthread_join(threads[i], NULL);
    cr_expect_eq(p.done, UINT64_C(1000) * N);
    progress_end(&p);
}
