// Serves one connection after the other on the socket behind a directory: sends back what
// comes, until it ends. A file without a name counts the bytes. "end" ends the program.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER = 4 };

int main(void)
{
    char text[256];
    int count = open("data/count", O_RDWR | O_CREAT | O_EXCL, 0666);
    unlink("data/count");
    for (;;) {
        int fd = accept(LISTENER, NULL, NULL);
        if (fd < 0)
            return 1;
        long n;
        while ((n = recv(fd, text, sizeof text, 0)) > 0) {
            write(count, text, (size_t)n);
            send(fd, text, (size_t)n, 0);
            if (n >= 3 && memcmp(text, "end", 3) == 0) {
                printf("bytes: %d\n", (int)lseek(count, 0, SEEK_CUR));
                return 0;
            }
        }
        printf("%s\n", n == 0 ? "closed" : strerror(errno));
        fflush(stdout);
        close(fd);
    }
}
