#include "compiler/options.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#include "runtime/abi.h"

static struct options o;
static char line[256];
static char *words[32];

/* options_parse of a line split at blanks; '' is an empty word. */
static int parse(const char *command_line)
{
    int n = 0;
    snprintf(line, sizeof line, "wanco %s", command_line);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        words[n++] = strcmp(word, "''") == 0 ? word + 2 : word;
    words[n] = NULL;
    return options_parse(&o, n, words);
}

static void expect_refused(const char *command_line)
{
    cr_redirect_stderr();
    cr_expect_eq(parse(command_line), 2, "%s", command_line);
}

Test(options, defaults)
{
    cr_assert_eq(parse("compile in.wasm -o out"), 0);
    cr_expect_eq(o.command, COMMAND_COMPILE);
    cr_expect_str_eq(o.input, "in.wasm");
    cr_expect_str_eq(o.output, "out");
    cr_expect_eq(o.isa, isa_host());
    cr_expect_null(o.cpu);
    cr_expect_eq(o.opt_level, 3);
    cr_expect_geq(o.n_threads, 1);
    cr_expect_eq(o.emit, EMIT_EXE);
    cr_expect_str_eq(o.module_symbol, RT_MODULE_SYMBOL);
    cr_expect_not(o.verbose);
}

Test(options, objects_and_plugins_in_their_order)
{
    cr_assert_eq(parse("compile --link a.o --plugin p.so --link=b.a in.wat -o out"), 0);
    cr_expect_eq(o.n_links, 2);
    cr_expect_str_eq(o.links[0], "a.o");
    cr_expect_str_eq(o.links[1], "b.a");
    cr_expect_null(o.links[2]);
    cr_expect_eq(o.n_plugins, 1);
    cr_expect_str_eq(o.plugins[0], "p.so");
    cr_expect_null(o.plugins[1]);
    expect_refused("compile --link a.o --emit obj in.wat -o out");
    expect_refused("compile in.wat -o out --link");
}

Test(options, all_of_compile)
{
    cr_assert_eq(parse("compile -O1 --target arm64 --cpu cortex-a76 -j 3 --emit obj "
                       "--module-symbol my_module -v --no-checkpoint -o out.o in.wat"),
                 0);
    cr_expect_eq(o.opt_level, 1);
    cr_expect_eq(o.isa, isa_find("aarch64"));
    cr_expect_str_eq(o.cpu, "cortex-a76");
    cr_expect_eq(o.n_threads, 3);
    cr_expect_eq(o.emit, EMIT_OBJ);
    cr_expect_str_eq(o.module_symbol, "my_module");
    cr_expect(o.verbose);
    cr_expect_str_eq(o.output, "out.o");
    cr_expect_str_eq(o.input, "in.wat");
}

Test(options, an_argument_may_be_joined)
{
    cr_assert_eq(parse("compile -j12 -oout --emit=llvm-ir --target=x86_64 in.wasm"), 0);
    cr_expect_eq(o.n_threads, 12);
    cr_expect_str_eq(o.output, "out");
    cr_expect_eq(o.emit, EMIT_LLVM_IR);
    cr_expect_str_eq(o.isa->name, "x86_64");
}

Test(options, a_file_name_may_begin_with_a_dash)
{
    cr_assert_eq(parse("compile -o out -- -in.wasm"), 0);
    cr_expect_str_eq(o.input, "-in.wasm");
    cr_assert_eq(parse("run -O1 -- -in.wasm -- x"), 0);
    cr_expect_str_eq(o.input, "-in.wasm");
    cr_expect_eq(o.n_rest, 2);
    expect_refused("run --");
}

/* As words of variables that are not set. */
Test(options, an_empty_name_is_none)
{
    expect_refused("compile in.wasm -o ''");
    expect_refused("compile '' -o out");
    expect_refused("run '' in.wasm");
}

Test(options, what_follows_the_input_of_run_is_its_own)
{
    cr_assert_eq(parse("run -O0 --no-cache in.wasm --dir . -- -v x"), 0);
    cr_expect_eq(o.command, COMMAND_RUN);
    cr_expect_eq(o.opt_level, 0);
    cr_expect(o.no_cache);
    cr_expect_not(o.verbose);
    cr_expect_str_eq(o.input, "in.wasm");
    cr_assert_eq(o.n_rest, 5);
    cr_expect_str_eq(o.rest[0], "--dir");
    cr_expect_str_eq(o.rest[4], "x");
    cr_expect_null(o.rest[5]);
}

Test(options, validate_takes_files)
{
    cr_assert_eq(parse("validate a.wasm b.wasm"), 0);
    cr_expect_eq(o.command, COMMAND_VALIDATE);
    cr_assert_eq(o.n_rest, 2);
    cr_expect_str_eq(o.rest[1], "b.wasm");
    cr_assert_eq(parse("validate -- -a.wasm"), 0);
    cr_assert_eq(o.n_rest, 1);
    cr_expect_str_eq(o.rest[0], "-a.wasm");
}

Test(options, inspect_and_verify_take_a_file)
{
    cr_assert_eq(parse("inspect --frames a.wsnap --json --memory"), 0);
    cr_expect_eq(o.command, COMMAND_INSPECT);
    cr_expect_str_eq(o.input, "a.wsnap");
    cr_expect(o.frames && o.json && o.memory);
    cr_assert_eq(parse("verify a.wsnap --module in.wasm --executable out"), 0);
    cr_expect_eq(o.command, COMMAND_VERIFY);
    cr_expect_str_eq(o.input, "a.wsnap");
    cr_expect_str_eq(o.module, "in.wasm");
    cr_expect_str_eq(o.executable, "out");
    expect_refused("inspect");
    expect_refused("inspect --module in.wasm a.wsnap");
    expect_refused("verify --json a.wsnap");
    expect_refused("verify a.wsnap b.wsnap");
}

Test(options, help_and_version)
{
    static const struct {
        const char *line;
        enum command of;
    } rows[] = {{"--help", COMMAND_HELP},
                {"-h", COMMAND_HELP},
                {"help", COMMAND_HELP},
                {"compile --help", COMMAND_COMPILE},
                {"compile -o --help", COMMAND_COMPILE},
                {"run -j 3 --help", COMMAND_RUN},
                {"validate --help", COMMAND_VALIDATE},
                {"inspect x --help", COMMAND_INSPECT},
                {"verify --help", COMMAND_VERIFY},
                {"checkpoint --help", COMMAND_CHECKPOINT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(parse(rows[i].line), 0, "%s", rows[i].line);
        cr_expect_eq(o.command, COMMAND_HELP, "%s", rows[i].line);
        cr_expect_eq(o.help_of, rows[i].of, "%s", rows[i].line);
    }
    cr_expect_eq(parse("run in.wasm --help"), 0);
    cr_expect_eq(o.command, COMMAND_RUN, "that is for the program");
    cr_expect_eq(parse("compile -o out -- --help"), 0);
    cr_expect_eq(o.command, COMMAND_COMPILE);
    cr_expect_eq(parse("--version"), 0);
    cr_expect_eq(o.command, COMMAND_VERSION);
}

Test(options, wrong_usage_is_refused)
{
    static const char *const lines[] = {"",
                                        "link in.wasm",
                                        "compile",
                                        "compile in.wasm",
                                        "compile a.wasm b.wasm -o out",
                                        "compile in.wasm -o",
                                        "compile -O4 in.wasm -o out",
                                        "compile -O in.wasm -o out",
                                        "compile -j0 in.wasm -o out",
                                        "compile -j257 in.wasm -o out",
                                        "compile -j -1 in.wasm -o out",
                                        "compile -j 2x in.wasm -o out",
                                        "compile --target riscv64 in.wasm -o out",
                                        "compile --emit asm in.wasm -o out",
                                        "compile --module-symbol 1x in.wasm -o out",
                                        "compile --module-symbol a-b in.wasm -o out",
                                        "compile --fast in.wasm -o out",
                                        "compile --no-cache in.wasm -o out",
                                        "run",
                                        "run -v",
                                        "run -o out in.wasm",
                                        "run --target x86_64 in.wasm",
                                        "validate",
                                        "validate --",
                                        "validate --fast in.wasm"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        expect_refused(lines[i]);
}
