/* The stack switch on x86_64 (System V ABI): callee-saved registers are kept on the stack
 * that is left.
 *
 * The return address is undefined to the unwinder, which makes rt_arch_enter the
 * outermost frame: a backtrace or a forced unwind never crosses from the guest's stack to
 * its caller's. */
#include "runtime/arch.h"

#include <cpuid.h>

#include "runtime/abi.h"

const char rt_arch_name[] = "x86_64";

bool rt_arch_is_cpu(uint32_t cpu)
{
    const unsigned v2 =
        bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT;
    unsigned a, b, c = 0, d;
    if (cpu != RT_CPU_X86_64_V2)
        return true;
    __get_cpuid(1, &a, &b, &c, &d);
    return (c & v2) == v2;
}

__asm__(".text\n"
        ".globl rt_arch_enter\n"
        ".type rt_arch_enter, @function\n"
        "rt_arch_enter:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined rip\n"
        "    push %rbp\n"
        "    push %rbx\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n"
        "    push %r15\n"
        "    mov %rsp, (%rcx)\n"
        "    mov %rcx, %rbx\n"
        "    test %rdx, %rdx\n"
        "    cmovz %rsp, %rdx\n"
        "    mov %rdx, %rsp\n"
        "    and $-16, %rsp\n"
        "    xor %ebp, %ebp\n"
        "    mov %rdi, %rax\n"
        "    mov %rsi, %rdi\n"
        "    call *%rax\n"
        "    mov (%rbx), %rsp\n"
        "    xor %eax, %eax\n"
        ".Lreturn:\n"
        "    pop %r15\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbx\n"
        "    pop %rbp\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size rt_arch_enter, . - rt_arch_enter\n"
        ".globl rt_arch_leave\n"
        ".type rt_arch_leave, @function\n"
        "rt_arch_leave:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined rip\n"
        "    mov %rdi, %rsp\n"
        "    mov $1, %eax\n"
        "    jmp .Lreturn\n"
        "    .cfi_endproc\n"
        ".size rt_arch_leave, . - rt_arch_leave\n");
