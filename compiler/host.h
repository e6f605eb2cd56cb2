/* The imports that every executable brings along: the rows of wasi.def. */
#ifndef COMPILER_HOST_H
#define COMPILER_HOST_H

#include <stdbool.h>

#include "compiler/module.h"

struct host_func {
    const char *function;  /* the runtime's symbol is rt_wasi_<function> */
    const char *signature; /* "result(params)" in the letters of wasi.def */
    bool suspends;         /* a checkpoint may happen in a call */
};

/* The row that the import names, whatever its type, or NULL. */
const struct host_func *find_host_func(const struct import *import);

#endif
