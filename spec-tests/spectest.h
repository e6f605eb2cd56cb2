/* The host module "spectest" that the specification's test suite imports from. */
#ifndef SPEC_TESTS_SPECTEST_H
#define SPEC_TESTS_SPECTEST_H

#include "runtime/abi.h"

extern const struct rt_module spectest_module;

#endif
