/* Waits for a byte of its standard input, and ends. */
#include <unistd.h>

int main(void)
{
    char byte;
    return read(STDIN_FILENO, &byte, 1) > 0;
}
