/* What makes a header unusable: the sample with one thing wrong. */
#include <criterion/criterion.h>
#include <string.h>

#include "snapshot-format/internal.h"
#include "tests/snapshot-format/sample.h"

static char error[256];

static bool check(void)
{
    Wanco__Snapshot__Header h = *sample_header();
    return snapshot_check_header(&h, error, sizeof error);
}

Test(check_header, the_sample_is_good)
{
    cr_assert(check(), "%s", error);
}

Test(check_header, types_have_words)
{
    cr_assert_eq(snapshot_words_of(0x7f), 1);
    cr_assert_eq(snapshot_words_of(0x7b), 2);
    cr_assert_eq(snapshot_words_of(0x70), 1);
    cr_assert_eq(snapshot_words_of(0x40), 0);
    cr_assert_eq(snapshot_words_of(0), 0);
}

Test(check_header, references_are_made_and_taken_apart)
{
    uint32_t instance = 0, func_index = 0;
    cr_assert(!snapshot_funcref_parts(0, &instance, &func_index));
    cr_assert(snapshot_funcref_parts(snapshot_funcref(0, 0), &instance, &func_index));
    cr_assert(instance == 0 && func_index == 0);
    cr_assert(snapshot_funcref_parts(snapshot_funcref(7, UINT32_MAX - 1), &instance,
                                     &func_index));
    cr_assert(instance == 7 && func_index == UINT32_MAX - 1);
}

/* Each sets one thing wrong, and the line has the word. */
#define REFUSED(name, word, ...)                                                         \
    Test(check_header, name)                                                             \
    {                                                                                    \
        Wanco__Snapshot__Header *h = sample_header();                                    \
        __VA_ARGS__;                                                                     \
        cr_assert(!snapshot_check_header(h, error, sizeof error));                       \
        cr_assert_not_null(strstr(error, word), "%s", error);                            \
    }

/* What feature 1 has added. */
Test(check_header, moved_files_and_sockets)
{
    static uint8_t text[] = "[::1]:80";
    static ProtobufCBinaryData address = {8, text};
    static Wanco__Snapshot__UnlinkedFile *files[1];
    static uint32_t known[] = {1, 1};
    Wanco__Snapshot__Header *h = sample_header();
    Wanco__Snapshot__Wasi *w = h->wasi;
    h->required_features = known;
    h->n_required_features = 2;
    w->listeners = &address;
    w->unlinked_files = files;
    w->n_listeners = w->n_unlinked_files = 1;
    w->descriptors[4]->socket = WANCO__SNAPSHOT__DESCRIPTOR__SOCKET__LISTENER;
    w->descriptors[2]->unlinked_file = 1;
    w->descriptors[2]->lost = 76;
    cr_assert(snapshot_check_header(h, error, sizeof error), "%s", error);
    w->n_listeners = 0;
    cr_assert_not(snapshot_check_header(h, error, sizeof error));
    w->n_listeners = 1;
    text[3] = 0;
    cr_assert_not(snapshot_check_header(h, error, sizeof error));
}

/* What feature 2 has added. */
Test(check_header, exceptions)
{
    Wanco__Snapshot__Header *h = sample_header_with_exceptions();
    cr_assert(snapshot_check_header(h, error, sizeof error), "%s", error);
    cr_assert_eq(snapshot_words_of(0x69), 1);
}

#define REFUSED_EXCEPTION(name, word, ...)                                               \
    Test(check_header, name)                                                             \
    {                                                                                    \
        Wanco__Snapshot__Header *h = sample_header_with_exceptions();                    \
        __VA_ARGS__;                                                                     \
        cr_assert(!snapshot_check_header(h, error, sizeof error));                       \
        cr_assert_not_null(strstr(error, word), "%s", error);                            \
    }

REFUSED_EXCEPTION(exception_of_no_instance, "exception 0", h->exceptions[0]->instance = 2)
REFUSED_EXCEPTION(exception_without_word, "exception 0", h->exceptions[0]->n_words--)
REFUSED_EXCEPTION(exception_that_refers_to_itself, "exception 1",
                  h->exceptions[1]->words[0] = 2)
REFUSED_EXCEPTION(exception_that_refers_forward, "exception 0",
                  h->exceptions[0]->types.data[1] = 0x69;
                  h->exceptions[0]->words[2] = 2)
REFUSED_EXCEPTION(reference_to_no_exception, "frame 1",
                  h->stacks[0]->frames[1]->words[2] = 3)
REFUSED_EXCEPTION(exceptions_are_missing, "frame 1", h->n_exceptions = 0)
REFUSED_EXCEPTION(huge_reference, "frame 1",
                  h->stacks[0]->frames[1]->words[0] = UINT64_MAX)

REFUSED(unknown_socket, "descriptor 1000 can't be", h->wasi->descriptors[4]->socket = 3)
REFUSED(negative_socket, "descriptor 1000 can't be",
        h->wasi->descriptors[4]->socket = (Wanco__Snapshot__Descriptor__Socket)-1)
REFUSED(unknown_listener, "descriptor 1000 can't be", h->wasi->descriptors[4]->socket = 1)
REFUSED(unknown_unlinked_file, "descriptor 5 can't be",
        h->wasi->descriptors[2]->unlinked_file = 1)
REFUSED(unknown_error, "descriptor 5 can't be", h->wasi->descriptors[2]->lost = 77)

static uint32_t features[] = {1, 7}, no_feature[] = {0};
REFUSED(unknown_feature, "feature 7", h->required_features = features;
        h->n_required_features = 2)
REFUSED(feature_0, "feature 0", h->required_features = no_feature;
        h->n_required_features = 1)
REFUSED(short_hash, "module 1 has no SHA-256", h->modules[1]->sha256.len = 31)
REFUSED(no_module, "instance 1 is of no module", h->instances[1]->module = 2)
REFUSED(global_without_type, "globals", h->instances[1]->global_types.len--)
REFUSED(global_without_word, "globals", h->instances[1]->n_global_words--)
REFUSED(globals_in_disorder, "globals", h->instances[1]->global_indices[1] = 0)
REFUSED(wide_i32, "globals", h->instances[1]->global_words[0] = UINT64_C(1) << 32)
REFUSED(foreign_funcref, "globals",
        h->instances[1]->global_words[6] = snapshot_funcref(2, 0))
REFUSED(externref, "globals", h->instances[1]->global_words[7] = 1)
REFUSED(unknown_type, "globals", h->instances[1]->global_types.data[0] = 0x40)
REFUSED(segments_in_disorder, "segments", h->instances[1]->dropped_datas[0] = 3)
REFUSED(link_to_later, "link", h->instances[1]->links[0]->instance = 1)
REFUSED(link_of_no_kind, "link", h->instances[1]->links[0]->kind = 0)
REFUSED(link_of_unknown_kind, "link", h->instances[1]->links[0]->kind = 5)
REFUSED(table_of_numbers, "table 1", h->instances[1]->tables[0]->element_type = 0x7f)
REFUSED(empty_run, "table 1", h->instances[1]->tables[0]->run_lengths[1] = 0)
REFUSED(runs_that_overflow, "table 1",
        h->instances[1]->tables[0]->run_lengths[1] = UINT64_MAX)
REFUSED(table_beyond_its_limit, "table 2", h->instances[1]->tables[1]->max_elements = 6)
REFUSED(tables_in_disorder, "table 1", h->instances[1]->tables[1]->index = 1)
REFUSED(runs_without_words, "table 1", h->instances[1]->tables[0]->n_run_words--)
REFUSED(table_of_foreign_functions, "table 1",
        h->instances[1]->tables[0]->run_words[1] = snapshot_funcref(9, 0))
REFUSED(memory_of_no_instance, "memory 1", h->memories[1]->instance = 2)
REFUSED(memories_in_disorder, "memory 0", h->memories[1]->index = 0;
        h->memories[1]->instance = 0)
REFUSED(memory_beyond_its_limit, "memory 0", h->memories[0]->max_pages = 1)
REFUSED(memory_without_end, "memory 1", h->memories[1]->n_pages = UINT64_MAX)
REFUSED(memory_of_unknown_pages, "memory 1", h->memories[1]->page_bytes = 2)
REFUSED(no_entry, "entry", h->entry = NULL)
REFUSED(entry_of_no_stage, "entry", h->entry->stage = 0)
REFUSED(entry_of_unknown_stage, "entry", h->entry->stage = 4)
REFUSED(entry_of_no_instance, "entry", h->entry->instance = 2)
REFUSED(entry_without_argument, "entry", h->entry->n_argument_words = 0)
REFUSED(two_stacks, "2 stacks", static Wanco__Snapshot__Stack *two[] = {NULL, NULL};
        two[0] = two[1] = h->stacks[0]; h->stacks = two; h->n_stacks = 2)
REFUSED(no_stack, "0 stacks", h->n_stacks = 0)
REFUSED(frame_of_no_kind, "frame 1", h->stacks[0]->frames[1]->kind = 0)
REFUSED(loop_that_has_called, "frame 1",
        h->stacks[0]->frames[1]->kind = WANCO__SNAPSHOT__FRAME__KIND__LOOP)
REFUSED(call_without_callee, "frame 1", h->stacks[0]->n_frames = 2)
REFUSED(frame_of_no_instance, "frame 0", h->stacks[0]->frames[0]->instance = 2)
REFUSED(more_locals_than_values, "frame 0", static uint32_t locals[] = {1, 2, 3, 4};
        h->stacks[0]->frames[0]->local_indices = locals;
        h->stacks[0]->frames[0]->n_local_indices = 4)
REFUSED(locals_in_disorder, "frame 0", h->stacks[0]->frames[0]->local_indices[1] = 0)
REFUSED(half_a_vector, "frame 0", h->stacks[0]->frames[0]->n_words = 2)
REFUSED(host_state_in_a_call, "frame 1",
        h->stacks[0]->frames[1]->host_state = h->stacks[0]->frames[2]->host_state;
        h->stacks[0]->frames[1]->n_host_state = 1)
REFUSED(host_call_with_offset, "frame 2", h->stacks[0]->frames[2]->code_offset = 1)
REFUSED(name_of_no_instance, "function name 1", h->names[1]->instance = 2)
REFUSED(names_in_disorder, "function name 1", h->names[1]->instance = 0;
        h->names[1]->func_index = 3)
REFUSED(no_clocks, "clocks", h->wasi->clocks = NULL)
REFUSED(argument_with_zero, "arguments", h->wasi->args[0].data = (uint8_t[]){0, 0};
        h->wasi->args[0].len = 2)
REFUSED(preopen_with_zero, "preopen 1",
        h->wasi->preopens[1]->guest_name.data = (uint8_t[]){0};
        h->wasi->preopens[1]->guest_name.len = 1)
REFUSED(descriptors_in_disorder, "descriptor 1", h->wasi->descriptors[1]->number = 1)
REFUSED(descriptor_of_no_kind, "descriptor 3", h->wasi->descriptors[1]->kind = 0)
REFUSED(file_below_no_preopen, "descriptor 5", h->wasi->descriptors[2]->preopen = 2)
REFUSED(fourth_stream, "descriptor 1", h->wasi->descriptors[0]->stream = 3)
REFUSED(unknown_filetype, "descriptor 6", h->wasi->descriptors[3]->filetype = 8)
REFUSED(unknown_flag, "descriptor 5", h->wasi->descriptors[2]->fdflags = 32)
REFUSED(offset_beyond_the_host, "descriptor 5",
        h->wasi->descriptors[2]->offset = UINT64_MAX)
REFUSED(listing_without_type, "descriptor 6",
        h->wasi->descriptors[3]->listing->filetypes.len--)
