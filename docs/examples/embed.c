/* embed MODULE.so LIMIT SNAPSHOT: counts primes up to LIMIT in a guest.
 *
 * SIGUSR1 stops it at any time: it writes SNAPSHOT and ends with status 75. If there is a
 * snapshot, it goes on from that, on whichever ISA it was written. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <wanco/embed.h>

/* host.found (count, prime), which primes.wat imports. */
static enum wanco_outcome found(struct wanco_call *call, union wanco_value *values)
{
    int *n_calls = wanco_data(wanco_caller(call));
    ++*n_calls;
    printf("prime number %" PRId32 " is %" PRId32 "\n", values[0].i32, values[1].i32);
    fflush(stdout);
    return WANCO_DONE;
}

static const struct wanco_host_function host_functions[] = {
    {"host", "found", "v(ii)", found},
    {0},
};

static int give_up(const struct wanco_error *error)
{
    fprintf(stderr, "embed: %s\n", error->text);
    return EXIT_FAILURE;
}

/* Where the guest stands is written; somebody will go on. */
static int save(struct wanco_instance *instance, const char *snapshot)
{
    struct wanco_error error;
    if (!wanco_save(instance, snapshot, &error))
        return give_up(&error);
    fprintf(stderr, "embed: saved in %s\n", snapshot);
    return 75;
}

static int tell(struct wanco_instance *instance, int32_t count)
{
    const uint8_t *largest = wanco_memory(instance, 0, 4);
    printf("%" PRId32 " primes, the largest is %u\n", count,
           largest[0] | largest[1] << 8 | largest[2] << 16 | (unsigned)largest[3] << 24);
    return EXIT_SUCCESS;
}

/* A trap is an error like others; the instance can be called again. */
static void show_a_trap(struct wanco_instance *instance)
{
    union wanco_value values[2] = {{.i32 = 1}, {.i32 = 0}};
    struct wanco_error error;
    if (!wanco_invoke(instance, "divide", "i(ii)", values, &error))
        printf("1 / 0: %s\n", error.text);
}

static int run(const struct wanco_module *module, int32_t limit, const char *snapshot)
{
    int n_calls = 0, status;
    struct wanco_config config = {.host_functions = host_functions, .data = &n_calls};
    struct wanco_error error;
    union wanco_value value = {.i32 = limit};
    bool is_saved = access(snapshot, F_OK) == 0;
    struct wanco_instance *instance =
        is_saved ? wanco_restore(module, &config, snapshot, &error)
                 : wanco_create(module, &config, &error);
    if (instance == NULL)
        return give_up(&error);
    if (is_saved ? wanco_resume(instance, &value, &error)
                 : wanco_invoke(instance, "count", "i(i)", &value, &error)) {
        status = tell(instance, value.i32);
        show_a_trap(instance);
    } else if (error.kind == WANCO_ERROR_SUSPENDED) {
        status = save(instance, snapshot);
    } else {
        status = give_up(&error);
    }
    wanco_destroy(instance);
    return status;
}

int main(int argc, char **argv)
{
    struct wanco_settings settings = {.checkpoint_signal = SIGUSR1};
    struct wanco_error error;
    struct wanco_module *module;
    if (argc != 4) {
        fprintf(stderr, "usage: %s MODULE.so LIMIT SNAPSHOT\n", argv[0]);
        return 2;
    }
    if (!wanco_initialize(&settings, &error) ||
        (module = wanco_load(argv[1], &error)) == NULL)
        return give_up(&error);
    int status = run(module, atoi(argv[2]), argv[3]);
    wanco_unload(module);
    return status;
}
