// Files stay open while they are read, written, appended to, changed in the middle,
// renamed.
// run: --dir .
// before: mkdir data && seq 1 500 >data/in
// stdout: read 500 lines, sum 125250
// stdout: wrote 1892 bytes, at 1892
// stdout: appended 50 lines
// stdout: the middle is ABC
// stdout: renamed, still open
// after: cmp data/in data/out
// after: seq -f 'line %g' 1 50 | cmp - data/log
// after: test "$(head -c 10 data/new)" = 0123ABC789
// after: test ! -e data/patch
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Reads by single bytes and writes by lines, so that each file has an offset of its own.
static void copy(int in, int out)
{
    char line[16];
    int n_lines = 0, sum = 0, number = 0;
    size_t n = 0;
    long n_written = 0;
    while (read(in, line + n, 1) == 1) {
        if (line[n++] != '\n') {
            number = number * 10 + line[n - 1] - '0';
            continue;
        }
        n_written += write(out, line, n);
        sum += number;
        n_lines++;
        number = 0;
        n = 0;
    }
    printf("read %d lines, sum %d\n", n_lines, sum);
    printf("wrote %ld bytes, at %ld\n", n_written, (long)lseek(out, 0, SEEK_CUR));
}

static void append(int log)
{
    char line[16];
    int n_lines = 0;
    for (int i = 1; i <= 50; i++) {
        int n = snprintf(line, sizeof line, "line %d\n", i);
        lseek(log, 0, SEEK_SET);
        n_lines += write(log, line, (size_t)n) == n;
    }
    printf("appended %d lines\n", n_lines);
}

static void patch(int file)
{
    char text[4] = "";
    write(file, "0123456789", 10);
    for (int i = 0; i < 3; i++)
        pwrite(file, &"ABC"[i], 1, 4 + i);
    lseek(file, 4, SEEK_SET);
    for (int i = 0; i < 3; i++)
        read(file, text + i, 1);
    printf("the middle is %s\n", text);
}

int main(void)
{
    int in = open("data/in", O_RDONLY);
    int out = open("data/out", O_WRONLY | O_CREAT | O_EXCL, 0666);
    int log = open("data/log", O_WRONLY | O_CREAT | O_APPEND, 0666);
    int patched = open("data/patch", O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (in < 0 || out < 0 || log < 0 || patched < 0)
        return 1;
    copy(in, out);
    append(log);
    patch(patched);
    char text[4] = "";
    if (rename("data/patch", "data/new") == 0 && pread(patched, text, 3, 4) == 3 &&
        strcmp(text, "ABC") == 0)
        puts("renamed, still open");
    return 0;
}
