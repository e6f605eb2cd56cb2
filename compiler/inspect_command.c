/* Shows a snapshot, or what an executable says of its module. The file may be anything.
 */
#include "compiler/inspect_command.h"

#include <stdio.h>
#include <string.h>

#include "compiler/inspect.h"
#include "compiler/json.h"
#include "compiler/note.h"
#include "compiler/target.h"

static const char *isa_name(const struct note *n)
{
    return n->isa != NULL ? n->isa->name : "unknown";
}

static void print_note(const char *path, const struct note *n)
{
    bool can_checkpoint = n->note.flags & RT_NOTE_CHECKPOINT;
    inspect_put_text(stdout, path, strlen(path));
    printf(": %s for %s\n  module        sha256 ", n->kind, isa_name(n));
    for (size_t i = 0; i < sizeof n->note.sha256; i++)
        printf("%02x", n->note.sha256[i]);
    fputs("\n  compiler      ", stdout);
    inspect_put_text(stdout, n->note.compiler, strlen(n->note.compiler));
    fputs("\n  checkpoints   ", stdout);
    if (can_checkpoint)
        printf("yes, resume rules %u\n", n->note.resume_rules);
    else
        puts("no (compiled with --no-checkpoint)");
}

static void print_note_json(const struct note *n)
{
    struct json j = {.out = stdout};
    json_open(&j, NULL, '{');
    json_text(&j, "kind", n->kind);
    json_text(&j, "isa", isa_name(n));
    json_hex(&j, "sha256", n->note.sha256, sizeof n->note.sha256);
    json_text(&j, "compiler", n->note.compiler);
    json_u64(&j, "abi_version", n->note.abi_version);
    json_bool(&j, "checkpoint", n->note.flags & RT_NOTE_CHECKPOINT);
    json_u64(&j, "resume_rules", n->note.resume_rules);
    json_close(&j, '}');
}

static int inspect_executable(const struct inspect_options *o)
{
    struct note n;
    char error[4096];
    if (!note_read(&n, o->file, error, sizeof error)) {
        fprintf(stderr, "wanco: %s\n", error);
        return 1;
    }
    if (o->json)
        print_note_json(&n);
    else
        print_note(o->file, &n);
    return 0;
}

int inspect_command(const struct inspect_options *o)
{
    char error[4096];
    if (note_is_elf(o->file))
        return inspect_executable(o);
    struct snapshot *s = snapshot_open(o->file, error, sizeof error);
    if (s == NULL) {
        fprintf(stderr, "wanco: %s\n", error);
        return 1;
    }
    if (o->json)
        inspect_print_json(stdout, s, o->memory);
    else
        inspect_print(stdout, o->file, s, o->frames, o->memory);
    snapshot_close(s);
    return 0;
}
