// C++ as toolchains compile it today: handlers by type, cleanups, exceptions thrown again
// and within handlers.
// cflags: -nostdinc++ -fwasm-exceptions -mllvm -wasm-enable-eh
// stdout: 0: derived 0
// stdout: 49: 49
// stdout: 99: 100
// stdout: alive 1, caught 122, sum -1928389260574579028
// stdout: alive 0
#include <stdio.h>

#include "cxx/exceptions.hpp"

namespace
{
int n_alive;
struct Guard {
    Guard()
    {
        n_alive++;
    }
    ~Guard()
    {
        n_alive--;
    }
};
struct Base {
    int n;
    explicit Base(int n) : n(n)
    {
    }
    virtual ~Base() = default;
    virtual const char *what() const
    {
        return "base";
    }
};
struct Derived : Base {
    char text[32];
    Guard guard;
    explicit Derived(int n) : Base(n)
    {
        snprintf(text, sizeof text, "derived %d", n);
    }
    const char *what() const override
    {
        return text;
    }
};
struct Other {
    double d;
};

[[gnu::noinline]] int spin(int n)
{
    volatile int sum = 0;
    for (int i = 0; i < n; i++)
        sum = sum + i;
    return sum;
}

[[gnu::noinline]] int throws(int n)
{
    Guard guard;
    spin(5);
    switch (n % 5) {
    case 0:
        throw Derived(n);
    case 1:
        throw n;
    case 2:
        throw Other{n * 1.5};
    case 3:
        throw static_cast<long long>(n) << 33;
    default:
        return n;
    }
}

[[gnu::noinline]] int recur(int n, int depth)
{
    Guard guard;
    if (depth > 0)
        return recur(n, depth - 1) + 1;
    try {
        return throws(n);
    } catch (const Other &other) {
        spin(3);
        if (n % 2)
            throw;
        return static_cast<int>(other.d * 10);
    }
}

/* Throws and catches while another exception is on its way. */
struct Cleaner {
    int *n_caught;
    ~Cleaner()
    {
        try {
            throws(6);
        } catch (int) {
            ++*n_caught;
        }
    }
};

[[gnu::noinline]] int handle(int n, int *n_caught)
{
    Cleaner cleaner{n_caught};
    try {
        return recur(n, n % 7);
    } catch (const Base &base) {
        try {
            throws(n + 1);
        } catch (int i) {
            return base.n * 10 + i;
        }
        return -1;
    } catch (int i) {
        return -i;
    } catch (long long i) {
        return static_cast<int>(i >> 32);
    } catch (...) {
        try {
            throw;
        } catch (const Other &other) {
            return static_cast<int>(other.d * 100);
        }
    }
}

[[gnu::noinline]] void by_base(int n)
{
    try {
        throw Derived(n);
    } catch (Base &base) {
        printf("%d: %s\n", n, base.what());
    }
}
} // namespace

int main()
{
    int n_caught = 0;
    long long sum = 0;
    by_base(0);
    for (int i = 0; i < 120; i++) {
        sum = sum * 31 + handle(i, &n_caught);
        if (i % 50 == 49)
            printf("%d: %d\n", i, handle(i, &n_caught));
    }
    try {
        throw Guard();
    } catch (...) {
        printf("alive %d, caught %d, sum %lld\n", n_alive, n_caught, sum);
    }
    printf("alive %d\n", n_alive);
    return 0;
}
