// Waits: relative, absolute, for input that comes or does not. Time never goes back.
// run:
// stdin: x
// stdout: input is ready
// stdout: slept 20 times
// stdout: slept until then
// stdout: time went on
#include <poll.h>
#include <stdio.h>
#include <time.h>

#define MILLISECOND 1000000LL

static long long last;
static int n_steps_back;

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    long long time = t.tv_sec * 1000 * MILLISECOND + t.tv_nsec;
    n_steps_back += time < last;
    last = time;
    return time;
}

int main(void)
{
    struct pollfd input = {.fd = 0, .events = POLLIN};
    if (poll(&input, 1, 10000) == 1 && (input.revents & POLLIN))
        puts("input is ready");
    int n_slept = 0;
    for (int i = 0; i < 20; i++) {
        long long before = now();
        nanosleep(&(struct timespec){0, 3 * MILLISECOND}, NULL);
        n_slept += now() - before >= 3 * MILLISECOND;
    }
    printf("slept %d times\n", n_slept);
    long long then = now() + 30 * MILLISECOND;
    struct timespec until = {then / (1000 * MILLISECOND), then % (1000 * MILLISECOND)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    puts(now() >= then ? "slept until then" : "woke too early");
    puts(n_steps_back == 0 ? "time went on" : "time went back");
    return 0;
}
