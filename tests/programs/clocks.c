// Clocks advance, sleeping takes its time, random bytes differ.
// stdout: the year is plausible
// stdout: slept long enough
// stdout: random bytes differ
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void)
{
    if (now(CLOCK_REALTIME) / 1000000000 > 1700000000)
        puts("the year is plausible");
    long long before = now(CLOCK_MONOTONIC);
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    if (now(CLOCK_MONOTONIC) - before >= 20000000)
        puts("slept long enough");
    char a[16] = {0};
    char b[16] = {0};
    if (getentropy(a, sizeof a) == 0 && getentropy(b, sizeof b) == 0 &&
        memcmp(a, b, sizeof a) != 0)
        puts("random bytes differ");
    return 0;
}
