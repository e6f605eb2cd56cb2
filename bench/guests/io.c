/* Input and output through the system: io BLOCK_BYTES TOTAL_BYTES FILE writes a file in
 * blocks, reads it in blocks, and prints the sum of what it has read. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned char block[1 << 16];

static int transfer(const char *path, int flags, long n_blocks, size_t n_bytes,
                    unsigned long *sum)
{
    int reads = flags == O_RDONLY;
    int fd = open(path, flags, 0666);
    for (long i = 0; fd >= 0 && i < n_blocks; i++) {
        block[0] = (unsigned char)i;
        if ((reads ? read(fd, block, n_bytes) : write(fd, block, n_bytes)) !=
            (ssize_t)n_bytes)
            return 0;
        *sum += reads ? block[0] : 0;
    }
    return fd >= 0 && close(fd) == 0;
}

int main(int argc, char **argv)
{
    unsigned long sum = 0;
    size_t n_bytes = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;
    if (n_bytes == 0 || n_bytes > sizeof block)
        return 2;
    long n_blocks = (long)(strtoul(argv[2], NULL, 10) / n_bytes);
    memset(block, 'x', sizeof block);
    if (!transfer(argv[3], O_WRONLY | O_CREAT | O_TRUNC, n_blocks, n_bytes, &sum) ||
        !transfer(argv[3], O_RDONLY, n_blocks, n_bytes, &sum))
        return 1;
    printf("%lu\n", sum);
    return 0;
}
