// Standard input, output and error are the process's own.
// run:
// stdin: first line
// stdin: second
// stdout: 10: first line
// stdout: 6: second
// stderr: 2 lines
// run:
// stderr: 0 lines
#include <stdio.h>
#include <string.h>

int main(void)
{
    char line[100];
    int n = 0;
    for (; fgets(line, sizeof line, stdin); n++) {
        size_t length = strcspn(line, "\n");
        line[length] = 0;
        printf("%zu: %s\n", length, line);
    }
    fprintf(stderr, "%d lines\n", n);
    return 0;
}
