// Standard input is read in small pieces to its end, and answered in pieces.
// run:
// stdin: the first line
// stdin: a second one, which is longer
// stdin:
// stdin: 0123456789
// stdout: THE FIRST LINE
// stdout: A SECOND ONE, WHICH IS LONGER
// stdout:
// stdout: 0123456789
// stdout: 57 bytes, hash 22fe6c
// run:
// stdout: 0 bytes, hash 1505
#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    char piece[3];
    unsigned hash = 5381;
    long n_bytes = 0;
    for (long n; (n = read(0, piece, sizeof piece)) > 0; n_bytes += n)
        for (long i = 0; i < n; i++) {
            hash = hash * 33 + (unsigned char)piece[i];
            char answer = (char)toupper(piece[i]);
            write(1, &answer, 1);
        }
    printf("%ld bytes, hash %x\n", n_bytes, hash & 0xffffff);
    return 0;
}
