/* LLVM has no way back when it gets no memory: it ends the process by SIGABRT, after
 * several lines, unless handlers are installed. */
#define _GNU_SOURCE
#include "compiler/out_of_memory.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void out_of_memory(void)
{
    static const char line[] = "wanco: out of memory\n";
    static atomic_flag is_told = ATOMIC_FLAG_INIT;
    while (atomic_flag_test_and_set(&is_told))
        pause(); /* another thread ends the process */
    fputs(line, stderr);
    fflush(stdout);
    quick_exit(1); /* no destructors of what others use */
}

/* What LLVM calls where malloc fails. */
static void on_bad_alloc(void *context, const char *reason, bool wants_crash)
{
    (void)context;
    (void)reason;
    (void)wants_crash;
    out_of_memory();
}

/* The functions have no names in C. A pointer to one can't be cast from one to data. */
static bool find(const char *name, void *function, size_t n_bytes)
{
    void *address = dlsym(RTLD_DEFAULT, name);
    memcpy(function, &address, n_bytes);
    return address != NULL;
}

void out_of_memory_in_llvm(void)
{
    typedef void handle_new(void);
    typedef void handle_alloc(void *, const char *, bool);
    /* std::set_new_handler, llvm::install_bad_alloc_error_handler */
    void (*set_new_handler)(handle_new *);
    void (*install_handler)(handle_alloc *, void *);
    if (find("_ZSt15set_new_handlerPFvvE", &set_new_handler, sizeof set_new_handler))
        set_new_handler(out_of_memory);
    if (find("_ZN4llvm31install_bad_alloc_error_handlerEPFvPvPKcbES0_", &install_handler,
             sizeof install_handler))
        install_handler(on_bad_alloc, NULL);
}
