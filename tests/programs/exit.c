// What main returns and what exit is given become the status, after buffers are written; an
// abort is a trap, and loses them.
// run: return
// stdout: leaving
// status: 3
// run: exit
// stdout: leaving
// status: 4
// run: abort
// status: 134
// stderr: wasm trap: unreachable
// stderr: abort
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    printf("leaving\n");
    if (argc > 1 && strcmp(argv[1], "exit") == 0)
        exit(4);
    if (argc > 1 && strcmp(argv[1], "abort") == 0)
        abort();
    return 3;
}
