/* Sets up what a guest sees of the host: arguments, environment, standard streams and
 * preopened directories; and gives it all back. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/wasi_internal.h"

static bool copy_strings(struct rt_wasi_strings *to, const char *const *strings, size_t n)
{
    size_t n_bytes = 0;
    for (size_t i = 0; i < n; i++)
        n_bytes += strlen(strings[i]) + 1;
    to->chars = malloc(n_bytes ? n_bytes : 1);
    if (!to->chars)
        return false;
    to->n_bytes = n_bytes;
    to->n_strings = n;
    char *p = to->chars;
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(strings[i]) + 1;
        memcpy(p, strings[i], length);
        p += length;
    }
    return true;
}

/* A list that ends with NULL, or is NULL. */
static bool copy_list(struct rt_wasi_strings *to, const char *const *list)
{
    size_t n = 0;
    while (list && list[n])
        n++;
    return copy_strings(to, list, n);
}

/* A closed standard stream becomes /dev/null, lest a file that is opened later take its
 * number. */
bool rt_wasi_hold_stdio(struct rt_wasi *wasi)
{
    for (int i = 0; i <= STDERR_FILENO; i++) {
        wasi->stdio_flags[i] = fcntl(i, F_GETFL);
        if (wasi->stdio_flags[i] < 0 && open("/dev/null", O_RDWR) != i)
            return false;
    }
    return true;
}

static bool take_stdio(struct rt_wasi *wasi)
{
    uint32_t fd;
    if (!rt_wasi_hold_stdio(wasi))
        return false;
    for (int i = 0; i <= STDERR_FILENO; i++)
        if (rt_wasi_inherit(wasi, i, &fd) != WASI_OK)
            return false;
    return true;
}

bool rt_wasi_open_preopen(struct rt_wasi *wasi, const struct rt_preopen *preopen)
{
    struct rt_wasi_preopen *slot = &wasi->preopens[wasi->n_preopens];
    slot->host_fd = open(preopen->host_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (slot->host_fd < 0)
        return false;
    wasi->n_preopens++;
    slot->read_only = preopen->read_only;
    slot->guest_name = strdup(preopen->guest_name);
    return slot->guest_name != NULL;
}

/* The descriptor of the preopen that was opened last. */
static bool insert_preopen(struct rt_wasi *wasi)
{
    uint32_t fd, preopen = wasi->n_preopens - 1;
    struct rt_wasi_fd entry = {.is_preopen = true,
                               .host_fd = wasi->preopens[preopen].host_fd,
                               .rights_base = WASI_RIGHTS_ALL,
                               .rights_inheriting = WASI_RIGHTS_ALL,
                               .preopen = preopen,
                               .listener = RT_WASI_NO_LISTENER,
                               .path = strdup("")};
    if (entry.path && rt_wasi_classify(&entry) == WASI_OK &&
        rt_wasi_insert(wasi, &entry, &fd) == WASI_OK)
        return true;
    free(entry.path);
    errno = ENOMEM;
    return false;
}

/* Behind the directories: wasi-libc looks for those from 3 on, up to the first descriptor
 * that is none. */
static bool take_listeners(struct rt_wasi *wasi, char *error, size_t error_bytes)
{
    for (uint32_t i = 0; i < wasi->listeners.n_strings; i++) {
        int host_fd;
        uint32_t fd;
        if (!rt_wasi_listen(rt_wasi_listener(wasi, i), &host_fd, error, error_bytes))
            return false;
        if (rt_wasi_inherit(wasi, host_fd, &fd) != WASI_OK) {
            snprintf(error, error_bytes, "out of memory");
            close(host_fd);
            return false;
        }
        wasi->fds[fd].listener = i;
    }
    return true;
}

/* A pipe that nobody reads and the limit of file sizes are errors to the guest. Whoever
 * handles these signals keeps doing so. */
void rt_wasi_ignore_signals(void)
{
    static const int signals[] = {SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action;
        if (sigaction(signals[i], NULL, &action) == 0 &&
            !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_DFL)
            signal(signals[i], SIG_IGN);
    }
}

struct rt_wasi *rt_wasi_allocate(const struct rt_wasi_grants *grants, size_t n_preopens)
{
    struct rt_wasi *wasi = calloc(1, sizeof *wasi);
    if (!wasi)
        return NULL;
    memset(wasi->stdio_flags, 0xff, sizeof wasi->stdio_flags); /* not yet known: -1 */
    wasi->max_unlinked_bytes = grants->max_unlinked_bytes;
    wasi->preopens = calloc(n_preopens + 1, sizeof *wasi->preopens);
    if (wasi->preopens &&
        copy_strings(&wasi->listeners, grants->listeners, grants->n_listeners))
        return wasi;
    free(wasi->preopens);
    free(wasi);
    return NULL;
}

static bool open_preopens(struct rt_wasi *wasi, const struct rt_wasi_grants *grants,
                          char *error, size_t error_bytes)
{
    for (size_t i = 0; i < grants->n_preopens; i++) {
        const struct rt_preopen *preopen = &grants->preopens[i];
        if (!rt_wasi_open_preopen(wasi, preopen) || !insert_preopen(wasi)) {
            snprintf(error, error_bytes, "cannot open the directory '%s': %s",
                     preopen->host_path, strerror(errno));
            return false;
        }
    }
    return true;
}

struct rt_wasi *rt_wasi_create(const struct rt_wasi_config *config, char *error,
                               size_t error_bytes)
{
    struct rt_wasi *wasi = rt_wasi_allocate(&config->grants, config->grants.n_preopens);
    if (!wasi || !copy_list(&wasi->args, config->args) ||
        !copy_list(&wasi->env, config->env) || !take_stdio(wasi)) {
        snprintf(error, error_bytes, "cannot set up WASI: %s", strerror(errno));
        rt_wasi_destroy(wasi);
        return NULL;
    }
    if (!open_preopens(wasi, &config->grants, error, error_bytes) ||
        !take_listeners(wasi, error, error_bytes)) {
        rt_wasi_destroy(wasi);
        return NULL;
    }
    rt_wasi_ignore_signals();
    return wasi;
}

/* The guest's flags on the standard streams would otherwise outlive it, in the shell for
 * instance. */
static void restore_stdio(const struct rt_wasi *wasi)
{
    for (int i = 0; i <= STDERR_FILENO; i++) {
        int flags = wasi->stdio_flags[i];
        if (flags >= 0 && fcntl(i, F_GETFL) != flags)
            fcntl(i, F_SETFL, flags);
    }
}

void rt_wasi_destroy(struct rt_wasi *wasi)
{
    if (!wasi)
        return;
    restore_stdio(wasi);
    for (uint32_t i = 0; i < wasi->n_fds; i++)
        if (wasi->fds[i].is_open)
            rt_wasi_release(wasi, i);
    for (uint32_t i = 0; i < wasi->n_preopens; i++) {
        close(wasi->preopens[i].host_fd);
        free(wasi->preopens[i].guest_name);
    }
    free(wasi->preopens);
    free(wasi->fds);
    free(wasi->listeners.chars);
    free(wasi->args.chars);
    free(wasi->env.chars);
    free(wasi);
}
