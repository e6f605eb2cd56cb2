/* What needs assembly on x86_64 (System V ABI).
 *
 * The stack switch keeps callee-saved registers on the stack that is left.
 *
 * The return address is undefined to the unwinder, which makes rt_arch_enter the
 * outermost frame: a backtrace or a forced unwind never crosses from the guest's stack to
 * its caller's. */
#include "runtime/arch.h"

#include <sys/platform/x86.h>

#include "runtime/abi.h"

const char rt_arch_name[] = "x86_64";

bool rt_arch_is_cpu(uint32_t cpu)
{
    /* What libc has asked for already: CPUID traps under a hypervisor. */
    return cpu != RT_CPU_X86_64_V2 ||
           (CPU_FEATURE_PRESENT(SSE3) && CPU_FEATURE_PRESENT(SSSE3) &&
            CPU_FEATURE_PRESENT(CMPXCHG16B) && CPU_FEATURE_PRESENT(SSE4_1) &&
            CPU_FEATURE_PRESENT(SSE4_2) && CPU_FEATURE_PRESENT(POPCNT));
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

/* Saves the general registers by their numbers in DWARF (the stack pointer as before the
 * call), and xmm0…xmm15 from word 32 on. It goes on unwinding as if its caller called. */
__asm__(".text\n"
        ".globl rt_suspend\n"
        ".type rt_suspend, @function\n"
        "rt_suspend:\n"
        "    .cfi_startproc\n"
        "    sub $520, %rsp\n"
        "    .cfi_def_cfa_offset 528\n"
        "    mov %rax, 0(%rsp)\n"
        "    mov %rdx, 8(%rsp)\n"
        "    mov %rcx, 16(%rsp)\n"
        "    mov %rbx, 24(%rsp)\n"
        "    mov %rsi, 32(%rsp)\n"
        "    mov %rdi, 40(%rsp)\n"
        "    mov %rbp, 48(%rsp)\n"
        "    mov %r8, 64(%rsp)\n"
        "    mov %r9, 72(%rsp)\n"
        "    mov %r10, 80(%rsp)\n"
        "    mov %r11, 88(%rsp)\n"
        "    mov %r12, 96(%rsp)\n"
        "    mov %r13, 104(%rsp)\n"
        "    mov %r14, 112(%rsp)\n"
        "    mov %r15, 120(%rsp)\n"
        "    lea 528(%rsp), %rax\n"
        "    mov %rax, 56(%rsp)\n"
        "    movups %xmm0, 256(%rsp)\n"
        "    movups %xmm1, 272(%rsp)\n"
        "    movups %xmm2, 288(%rsp)\n"
        "    movups %xmm3, 304(%rsp)\n"
        "    movups %xmm4, 320(%rsp)\n"
        "    movups %xmm5, 336(%rsp)\n"
        "    movups %xmm6, 352(%rsp)\n"
        "    movups %xmm7, 368(%rsp)\n"
        "    movups %xmm8, 384(%rsp)\n"
        "    movups %xmm9, 400(%rsp)\n"
        "    movups %xmm10, 416(%rsp)\n"
        "    movups %xmm11, 432(%rsp)\n"
        "    movups %xmm12, 448(%rsp)\n"
        "    movups %xmm13, 464(%rsp)\n"
        "    movups %xmm14, 480(%rsp)\n"
        "    movups %xmm15, 496(%rsp)\n"
        "    mov %rsp, %rdi\n"
        "    mov 520(%rsp), %rsi\n"
        "    call rt_suspend_frame\n"
        "    mov %rax, %rdi\n"
        "    add $520, %rsp\n"
        "    .cfi_def_cfa_offset 8\n"
        "    jmp _Unwind_Resume\n"
        "    .cfi_endproc\n"
        ".size rt_suspend, . - rt_suspend\n");
