// What main returns and what exit is given become the status; an abort is a trap.
// run: return
// stdout: leaving
// status: 3
// run: exit
// stdout: leaving
// status: 4
// run: abort
// stdout: leaving
// status: 134
// stderr: wasm trap: unreachable
// stderr: main
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
