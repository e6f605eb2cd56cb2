/* LLVM IR in tests, from text. */
#ifndef TESTS_COMPILER_IR_TEXT_H
#define TESTS_COMPILER_IR_TEXT_H

#include <criterion/criterion.h>
#include <llvm-c/Core.h>
#include <llvm-c/IRReader.h>
#include <string.h>

/* The module that the text describes; the test fails if it is wrong. */
static inline LLVMModuleRef parse_ir(LLVMContextRef context, const char *text)
{
    LLVMMemoryBufferRef buffer =
        LLVMCreateMemoryBufferWithMemoryRangeCopy(text, strlen(text), "f");
    LLVMModuleRef module = NULL;
    char *message;
    if (LLVMParseIRInContext(context, buffer, &module, &message))
        cr_assert_fail("%s", message);
    return module;
}

#endif
