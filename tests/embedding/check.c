/* check GUEST.so OTHER.so SNAPSHOT: everything that wanco/embed.h promises, as far as a
 * process can see it. Says what is not so. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <wanco/embed.h>

static int n_failed;
static struct wanco_error error;

#define CHECK(condition)                                                                 \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            n_failed++;                                                                  \
            printf("check.c:%d: %s; last error: %s\n", __LINE__, #condition,             \
                   error.text);                                                          \
        }                                                                                \
    } while (0)

/* ---- The host function: what to do at which step ---- */

struct host {
    int suspends_at;
    int nests_at;
    int throws_at;
    int sum_nested;
};

static enum wanco_outcome step(struct wanco_call *call, union wanco_value *values)
{
    struct wanco_instance *instance = wanco_caller(call);
    struct host *host = wanco_data(instance);
    struct wanco_error e;
    if (values[0].i32 == host->suspends_at)
        CHECK(wanco_request_checkpoint());
    if (values[0].i32 == host->nests_at) {
        union wanco_value value = {.i32 = 4};
        host->nests_at = 0;
        CHECK(wanco_request_checkpoint()); /* it waits until this function has returned */
        CHECK(wanco_invoke(instance, "sum", "I(i)", &value, &e));
        host->sum_nested = (int)value.i64;
        CHECK(!wanco_save(instance, "/dev/null", &e) && e.kind == WANCO_ERROR_USAGE);
        CHECK(!wanco_resume(instance, &value, &e) && e.kind == WANCO_ERROR_USAGE);
    }
    if (values[0].i32 == host->throws_at) {
        CHECK(!wanco_invoke(instance, "throw", "v()", NULL, &e));
        CHECK(e.kind == WANCO_ERROR_EXCEPTION);
        return wanco_fail(call, &e);
    }
    return WANCO_DONE;
}

static const struct wanco_host_function functions[] = {{"host", "step", "v(i)", step},
                                                       {0}};
static const char *const args[] = {"guest", "one", "two", NULL};
static const char *const env[] = {NULL};
static const struct wanco_wasi wasi = {.args = args, .env = env};

static struct wanco_instance *create(const struct wanco_module *module, struct host *host)
{
    struct wanco_config config = {
        .host_functions = functions, .data = host, .wasi = &wasi};
    struct wanco_instance *instance = wanco_create(module, &config, &error);
    if (instance == NULL) {
        printf("cannot create an instance: %s\n", error.text);
        exit(1);
    }
    return instance;
}

static bool sum(struct wanco_instance *instance, int n, int64_t *result)
{
    union wanco_value value = {.i32 = n};
    bool ok = wanco_invoke(instance, "sum", "I(i)", &value, &error);
    *result = value.i64;
    return ok;
}

static bool resume(struct wanco_instance *instance, int64_t *result)
{
    union wanco_value value;
    bool ok = wanco_resume(instance, &value, &error);
    *result = value.i64;
    return ok;
}

/* ---- Faults ---- */

static sigjmp_buf after_fault;

static void on_fault(int signal_number)
{
    (void)signal_number;
    siglongjmp(after_fault, 1);
}

/* A fault of the host's own reaches the handler that it had before. */
static void check_chain(void)
{
    if (sigsetjmp(after_fault, 1) == 0) {
        kill(getpid(), SIGSEGV);
        CHECK(!"the handler was not called");
    }
}

static void check_traps(struct wanco_instance *instance)
{
    union wanco_value value = {.i32 = 65536};
    CHECK(!wanco_invoke(instance, "load", "i(i)", &value, &error));
    CHECK(error.kind == WANCO_ERROR_TRAP &&
          strcmp(error.text, "out of bounds memory access") == 0);
    CHECK(!wanco_invoke(instance, "recurse", "i(i)", &value, &error));
    CHECK(error.kind == WANCO_ERROR_TRAP &&
          strcmp(error.text, "call stack exhausted") == 0);
    CHECK(!wanco_invoke(instance, "leave", "v()", NULL, &error));
    CHECK(error.kind == WANCO_ERROR_EXIT && error.exit_status == 7);
}

/* What a guest throws never goes through a host function. */
static void check_exceptions(const struct wanco_module *module)
{
    struct host host = {.throws_at = 5};
    struct wanco_instance *instance = create(module, &host);
    union wanco_value value = {.i32 = 9};
    CHECK(!wanco_invoke(instance, "throw", "v()", NULL, &error));
    CHECK(error.kind == WANCO_ERROR_EXCEPTION &&
          strcmp(error.text, "uncaught exception of tag number") == 0);
    CHECK(!wanco_invoke(instance, "hold", "I(i)", &value, &error));
    CHECK(error.kind == WANCO_ERROR_EXCEPTION);
    host.throws_at = 0;
    value.i32 = 9;
    CHECK(wanco_invoke(instance, "hold", "I(i)", &value, &error) && value.i64 == 9);
    wanco_destroy(instance);
}

/* ---- Loading and linking ---- */

static void check_load(const struct wanco_module *module)
{
    struct wanco_config config = {.wasi = &wasi};
    static const struct wanco_host_function other[] = {{"host", "step", "v(I)", step},
                                                       {0}};
    CHECK(wanco_load("nowhere.so", &error) == NULL && error.kind == WANCO_ERROR_SYSTEM);
    CHECK(strstr(error.text, "nowhere.so: No such file") != NULL);
    CHECK(wanco_load("/proc/self/maps", &error) == NULL);
    CHECK(wanco_create(module, &config, &error) == NULL);
    CHECK(error.kind == WANCO_ERROR_LINK && strstr(error.text, "host.step") != NULL);
    config.host_functions = other;
    CHECK(wanco_create(module, &config, &error) == NULL);
    CHECK(error.kind == WANCO_ERROR_LINK && strstr(error.text, "v(I)") != NULL);
    config.host_functions = functions;
    config.wasi = NULL;
    CHECK(wanco_create(module, &config, &error) == NULL);
    CHECK(error.kind == WANCO_ERROR_LINK && strstr(error.text, "WASI") != NULL);
}

static void check_calls(struct wanco_instance *instance)
{
    union wanco_value values[2] = {{.i32 = 5}, {.f64 = 2.5}}, value;
    char signature[16];
    CHECK(wanco_invoke(instance, "swap", "Fi(iF)", values, &error));
    CHECK(values[0].f64 == 2.5 && values[1].i32 == 5);
    CHECK(!wanco_invoke(instance, "swap", "iF(iF)", values, &error));
    CHECK(error.kind == WANCO_ERROR_USAGE && strstr(error.text, "Fi(iF)") != NULL);
    CHECK(!wanco_invoke(instance, "memory", "v()", values, &error));
    CHECK(wanco_signature(instance, "swap", signature, sizeof signature));
    CHECK(strcmp(signature, "Fi(iF)") == 0);
    CHECK(!wanco_signature(instance, "memory", signature, sizeof signature));
    CHECK(wanco_invoke(instance, "ready", "i()", &value, &error) && value.i32 == 1);
    CHECK(wanco_invoke(instance, "n_args", "i()", &value, &error) && value.i32 == 3);
    CHECK(wanco_memory_bytes(instance) == 65536);
    CHECK(wanco_memory(instance, 65535, 2) == NULL);
    *(char *)wanco_memory(instance, 100, 1) = 77;
    value.i32 = 100;
    CHECK(wanco_invoke(instance, "load", "i(i)", &value, &error) && value.i32 == 77);
}

/* ---- Checkpoints ---- */

/* Two instances are suspended at a time, each in its own call. */
static void check_two(const struct wanco_module *module, const struct wanco_module *other,
                      const char *snapshot)
{
    struct host first = {.suspends_at = 30}, second = {.suspends_at = 50}, third = {0};
    struct wanco_instance *a = create(module, &first), *b = create(module, &second);
    struct wanco_config config = {
        .host_functions = functions, .data = &third, .wasi = &wasi};
    int64_t result;
    CHECK(!wanco_save(a, snapshot, &error) && error.kind == WANCO_ERROR_USAGE);
    CHECK(!wanco_is_suspended(a) && !resume(a, &result));
    CHECK(!sum(a, 100, &result) && error.kind == WANCO_ERROR_SUSPENDED);
    CHECK(wanco_is_suspended(a) && !wanco_is_suspended(b));
    CHECK(!sum(a, 100, &result) && error.kind == WANCO_ERROR_USAGE);
    CHECK(!sum(b, 200, &result) && error.kind == WANCO_ERROR_SUSPENDED);
    CHECK(wanco_save(a, snapshot, &error) && wanco_save(a, snapshot, &error));
    CHECK(!wanco_save(a, "/nowhere/file", &error) && error.kind == WANCO_ERROR_SYSTEM);
    first.suspends_at = 60;
    CHECK(!resume(a, &result) && error.kind == WANCO_ERROR_SUSPENDED);
    CHECK(resume(b, &result) && result == 20100);
    CHECK(resume(a, &result) && result == 5050);
    CHECK(sum(a, 10, &result) && result == 55);
    wanco_destroy(a);

    CHECK(wanco_restore(other, &config, snapshot, &error) == NULL);
    CHECK(strstr(error.text, "another module") != NULL);
    CHECK(wanco_restore(module, NULL, snapshot, &error) == NULL);
    CHECK(wanco_restore(module, &config, "/nowhere/file", &error) == NULL);
    struct wanco_instance *c = wanco_restore(module, &config, snapshot, &error);
    CHECK(c != NULL && wanco_is_suspended(c));
    if (c == NULL)
        return;
    CHECK(!wanco_save(c, snapshot, &error) && error.kind == WANCO_ERROR_USAGE);
    third.suspends_at = 70;
    CHECK(!resume(c, &result) && wanco_save(c, snapshot, &error));
    CHECK(resume(c, &result) && result == 5050);
    wanco_destroy(c);
    c = wanco_restore(module, &config, snapshot, &error);
    CHECK(c != NULL && resume(c, &result) && result == 5050);
    wanco_destroy(c);
    wanco_destroy(b);
}

/* Those that are suspended keep their exceptions, however many another throws. */
static void check_kept(const struct wanco_module *module, const char *snapshot)
{
    struct host host = {.suspends_at = 30}, none = {0};
    struct wanco_config config = {
        .host_functions = functions, .data = &none, .wasi = &wasi};
    struct wanco_instance *a = create(module, &host), *b = create(module, &none);
    union wanco_value value = {.i32 = 100}, n = {.i32 = 100000};
    int64_t result;
    CHECK(!wanco_invoke(a, "hold", "I(i)", &value, &error));
    CHECK(error.kind == WANCO_ERROR_SUSPENDED && wanco_save(a, snapshot, &error));
    struct wanco_instance *c = wanco_restore(module, &config, snapshot, &error);
    CHECK(c != NULL && wanco_invoke(b, "throw_many", "v(i)", &n, &error));
    CHECK(resume(a, &result) && result == 100);
    CHECK(c != NULL && resume(c, &result) && result == 100);
    wanco_destroy(a);
    wanco_destroy(b);
    wanco_destroy(c);
}

/* A guest in a host function in a guest is not suspended; the outer one is. */
static void check_nested(const struct wanco_module *module)
{
    struct host host = {.nests_at = 3};
    struct wanco_instance *instance = create(module, &host);
    int64_t result;
    CHECK(!sum(instance, 100, &result) && error.kind == WANCO_ERROR_SUSPENDED);
    CHECK(host.sum_nested == 10);
    CHECK(resume(instance, &result) && result == 5050);
    wanco_destroy(instance);
}

static void *ask_later(void *argument)
{
    usleep(100000);
    *(bool *)argument = wanco_request_checkpoint();
    return NULL;
}

static void check_other_thread(const struct wanco_module *module)
{
    struct host host = {0};
    struct wanco_instance *instance = create(module, &host);
    union wanco_value value = {.i64 = INT64_MAX};
    pthread_t thread;
    bool could_ask = false;
    pthread_create(&thread, NULL, ask_later, &could_ask);
    CHECK(!wanco_invoke(instance, "spin", "I(I)", &value, &error));
    CHECK(error.kind == WANCO_ERROR_SUSPENDED);
    pthread_join(thread, NULL);
    CHECK(could_ask);
    wanco_destroy(instance); /* suspended as it is */
}

/* Where code of a module that is gone was suspended last, the next one is found. */
static void check_unload(const struct wanco_module *module, const char *path)
{
    struct host host = {.suspends_at = 3};
    char command[8192], copy[4096];
    int64_t result;
    snprintf(copy, sizeof copy, "%s.copy.so", path);
    snprintf(command, sizeof command, "cp %s %s", path, copy);
    CHECK(system(command) == 0);
    struct wanco_module *other = wanco_load(copy, &error);
    struct wanco_instance *instance = create(other, &host);
    CHECK(!sum(instance, 100, &result) && error.kind == WANCO_ERROR_SUSPENDED);
    wanco_destroy(instance);
    wanco_unload(other);
    instance = create(module, &host);
    if (sigsetjmp(after_fault, 1) == 0) {
        CHECK(!sum(instance, 100, &result) && error.kind == WANCO_ERROR_SUSPENDED);
        CHECK(resume(instance, &result) && result == 5050);
        wanco_destroy(instance);
    } else {
        CHECK(!"no fault");
    }
}

int main(int argc, char **argv)
{
    struct wanco_settings settings = {.checkpoint_signal = SIGUSR1};
    struct wanco_settings small = {.stack_bytes = 4096};
    struct host host = {0};
    if (argc != 4)
        return 2;
    CHECK(!wanco_request_checkpoint());
    signal(SIGSEGV, on_fault);
    CHECK(!wanco_initialize(&small, &error) && error.kind == WANCO_ERROR_USAGE);
    CHECK(wanco_initialize(&settings, &error));
    CHECK(!wanco_initialize(&settings, &error) && error.kind == WANCO_ERROR_USAGE);
    struct wanco_module *module = wanco_load(argv[1], &error);
    struct wanco_module *other = wanco_load(argv[2], &error);
    if (module == NULL || other == NULL) {
        printf("%s\n", error.text);
        return 1;
    }
    check_load(module);
    struct wanco_instance *instance = create(module, &host);
    check_calls(instance);
    for (int i = 0; i < 2; i++) {
        check_traps(instance);
        check_chain();
    }
    wanco_destroy(instance);
    check_two(module, other, argv[3]);
    check_exceptions(module);
    check_kept(module, argv[3]);
    check_nested(module);
    check_other_thread(module);
    check_unload(module, argv[1]);
    wanco_unload(other);
    wanco_unload(module);
    return n_failed > 0;
}
