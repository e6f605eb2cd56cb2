// Files that lose their name while they are open: temporary ones, and one that another
// replaces.
// run: --dir .
// before: mkdir data && echo old >data/replaced
// stdout: temporary: 1890 bytes, sum 125250
// stdout: replaced: old, new
// stdout: shared: 100 bytes
// after: test "$(ls data)" = replaced && test "$(cat data/replaced)" = new
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Numbers are written to a file without a name, and read back.
static void use_temporary(void)
{
    FILE *file = fopen("data/temporary", "w+");
    unlink("data/temporary");
    for (int i = 1; i <= 500; i++)
        fprintf(file, "%d\n", i);
    fflush(file);
    struct stat st;
    fstat(fileno(file), &st);
    int sum = 0, number;
    for (rewind(file); fscanf(file, "%d", &number) == 1;)
        sum += number;
    printf("temporary: %d bytes, sum %d\n", (int)st.st_size - 2, sum);
    fclose(file);
}

static void replace(void)
{
    char before[8] = "", after[8] = "";
    int old = open("data/replaced", O_RDONLY);
    int new = open("data/new", O_RDWR | O_CREAT | O_EXCL, 0666);
    write(new, "new\n", 4);
    rename("data/new", "data/replaced");
    for (int i = 0; i < 3; i++) {
        read(old, before + i, 1);
        pread(new, after + i, 1, i);
    }
    printf("replaced: %s, %s\n", before, after);
    close(old);
    close(new);
}

// What one descriptor writes, another one reads.
static void share(void)
{
    int out = open("data/shared", O_WRONLY | O_CREAT | O_APPEND, 0666);
    int in = open("data/shared", O_RDONLY);
    unlink("data/shared");
    int n = 0;
    char byte;
    for (int i = 0; i < 100; i++) {
        write(out, "x", 1);
        n += read(in, &byte, 1) == 1 && byte == 'x';
    }
    printf("shared: %d bytes\n", n);
}

int main(void)
{
    use_temporary();
    replace();
    share();
    return 0;
}
