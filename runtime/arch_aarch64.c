/* The stack switch on aarch64 (AAPCS64): callee-saved registers are kept on the stack
 * that is left.
 *
 * The return address is undefined to the unwinder, which makes rt_arch_enter the
 * outermost frame: a backtrace or a forced unwind never crosses from the guest's stack to
 * its caller's. */
#include "runtime/arch.h"

const char rt_arch_name[] = "aarch64";

bool rt_arch_is_cpu(uint32_t cpu)
{
    (void)cpu; /* the baseline is what all have */
    return true;
}

__asm__(".text\n"
        ".globl rt_arch_enter\n"
        ".type rt_arch_enter, %function\n"
        "rt_arch_enter:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined x30\n"
        "    sub sp, sp, #160\n"
        "    stp x29, x30, [sp]\n"
        "    stp x19, x20, [sp, #16]\n"
        "    stp x21, x22, [sp, #32]\n"
        "    stp x23, x24, [sp, #48]\n"
        "    stp x25, x26, [sp, #64]\n"
        "    stp x27, x28, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x3]\n"
        "    mov x19, x3\n"
        "    cmp x2, #0\n"
        "    csel x9, x9, x2, eq\n"
        "    mov sp, x9\n"
        "    mov x29, #0\n"
        "    mov x9, x0\n"
        "    mov x0, x1\n"
        "    blr x9\n"
        "    ldr x9, [x19]\n"
        "    mov sp, x9\n"
        "    mov w0, #0\n"
        ".Lreturn:\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp x27, x28, [sp, #80]\n"
        "    ldp x25, x26, [sp, #64]\n"
        "    ldp x23, x24, [sp, #48]\n"
        "    ldp x21, x22, [sp, #32]\n"
        "    ldp x19, x20, [sp, #16]\n"
        "    ldp x29, x30, [sp]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size rt_arch_enter, . - rt_arch_enter\n"
        ".globl rt_arch_leave\n"
        ".type rt_arch_leave, %function\n"
        "rt_arch_leave:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined x30\n"
        "    mov sp, x0\n"
        "    mov w0, #1\n"
        "    b .Lreturn\n"
        "    .cfi_endproc\n"
        ".size rt_arch_leave, . - rt_arch_leave\n");
