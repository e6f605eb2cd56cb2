/* Checks a snapshot: each block of it against its hash; against a module, all that the
 * runtime would check; against an executable, what that says of its module. */
#include "compiler/verify_command.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "compiler/arena.h"
#include "compiler/diag.h"
#include "compiler/fit.h"
#include "compiler/input.h"
#include "compiler/note.h"
#include "compiler/passes.h"
#include "compiler/report.h"
#include "snapshot-format/sha256.h"
#include "snapshot-format/snapshot.h"

enum { HASH_DIGITS = 16, LINE_BYTES = 8192 };

__attribute__((format(printf, 1, 2))) static bool complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("wanco: ", stderr);
    vfprintf(stderr, format, args);
    putc('\n', stderr);
    va_end(args);
    return false;
}

/* The first digits are enough for people. */
static const char *hex(const uint8_t *hash, char text[HASH_DIGITS + 1])
{
    for (size_t i = 0; i < HASH_DIGITS / 2; i++)
        snprintf(text + 2 * i, 3, "%02x", hash[i]);
    return text;
}

static bool check_identity(const struct verify_options *o,
                           const Wanco__Snapshot__Header *h, const char *other,
                           const uint8_t *sha256, uint32_t rules)
{
    char ours[HASH_DIGITS + 1], theirs[HASH_DIGITS + 1];
    if (h->n_modules != 1)
        return complain("%s is of %zu modules, %s of one", o->file, h->n_modules, other);
    const Wanco__Snapshot__Module *m = h->modules[0];
    if (memcmp(m->sha256.data, sha256, SNAPSHOT_SHA256_BYTES) != 0)
        return complain("%s is of another module (SHA-256 %s…) than %s (%s…)", o->file,
                        hex(m->sha256.data, ours), other, hex(sha256, theirs));
    if (m->resume_rules != rules)
        return complain("%s was written under resume rules %" PRIu32
                        ", and %s has rules %" PRIu32
                        ": compile with the wanco that made the other",
                        o->file, m->resume_rules, other, rules);
    return true;
}

static bool check_executable(const struct verify_options *o,
                             const Wanco__Snapshot__Header *h)
{
    struct note n;
    char error[LINE_BYTES];
    if (!note_read(&n, o->executable, error, sizeof error))
        return complain("%s", error);
    if (!(n.note.flags & RT_NOTE_CHECKPOINT))
        return complain("%s was compiled with --no-checkpoint; compile it again without",
                        o->executable);
    return check_identity(o, h, o->executable, n.note.sha256, n.note.resume_rules);
}

static bool check_loaded(const struct verify_options *o, const Wanco__Snapshot__Header *h,
                         const struct input *in, struct arena *arena)
{
    struct module m = {.bytes = in->bytes, .n_bytes = in->n_bytes, .arena = arena};
    struct diag d = DIAG_INIT;
    char line[LINE_BYTES];
    if (!load_module(&m, o->n_threads, &d))
        return complain("%s", report_diag(line, sizeof line, o->module, &m, &d));
    return snapshot_fits(h, &m, o->n_threads, line, sizeof line) ||
           complain("cannot restore %s: %s", o->file, line);
}

static bool check_module(const struct verify_options *o, const Wanco__Snapshot__Header *h)
{
    struct input in;
    struct arena arena = {0};
    uint8_t sha256[SNAPSHOT_SHA256_BYTES];
    if (!input_read(&in, o->module))
        return false;
    snapshot_sha256(in.bytes, in.n_bytes, sha256);
    bool ok = check_identity(o, h, o->module, sha256, RT_RESUME_RULES) &&
              check_loaded(o, h, &in, &arena);
    arena_free(&arena);
    input_free(&in);
    return ok;
}

int verify_command(const struct verify_options *o)
{
    char error[LINE_BYTES];
    struct snapshot *s = snapshot_open(o->file, error, sizeof error);
    bool ok = s != NULL && snapshot_check_blocks(s, o->n_threads, error, sizeof error);
    if (!ok)
        complain("%s", error);
    ok = ok && (o->module == NULL || check_module(o, snapshot_header(s))) &&
         (o->executable == NULL || check_executable(o, snapshot_header(s)));
    snapshot_close(s);
    if (ok)
        printf("%s: ok\n", o->file);
    return ok ? 0 : 1;
}
