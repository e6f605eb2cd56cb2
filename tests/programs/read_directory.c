// A directory is read in pieces while its files are removed; another is worked in.
// run: --dir .
// stdout: made 60 files
// stdout: read 60 names, sum 1770, removed 60
// stdout: empty
// stdout: below: content
// after: test -z "$(ls many)" && test "$(cat work/sub/file)" = content
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// With long names, so that one buffer does not hold them all.
static void name_file(char *name, size_t n_bytes, int i)
{
    snprintf(name, n_bytes, "%0120d", i);
}

static void make(int dir)
{
    int n_made = 0;
    for (int i = 0; i < 60; i++) {
        char name[200];
        name_file(name, sizeof name, i);
        int file = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0666);
        n_made += file >= 0 && close(file) == 0;
    }
    printf("made %d files\n", n_made);
}

static void read_and_remove(int fd)
{
    DIR *dir = fdopendir(fd);
    int n_read = 0, sum = 0, n_removed = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        n_read++;
        sum += atoi(entry->d_name);
        n_removed += unlinkat(fd, entry->d_name, 0) == 0;
    }
    printf("read %d names, sum %d, removed %d\n", n_read, sum, n_removed);
    rewinddir(dir);
    int n_left = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        n_left += entry->d_name[0] != '.';
    puts(n_left == 0 ? "empty" : "not empty");
    closedir(dir);
}

static void work_below(void)
{
    char text[8] = "";
    mkdir("work", 0777);
    int work = open("work", O_RDONLY | O_DIRECTORY);
    mkdirat(work, "sub", 0777);
    int sub = openat(work, "sub", O_RDONLY | O_DIRECTORY);
    int file = openat(sub, "file", O_RDWR | O_CREAT, 0666);
    for (const char *p = "content"; *p; p++)
        write(file, p, 1);
    for (int i = 0; i < 7; i++)
        pread(file, text + i, 1, i);
    printf("below: %s\n", text);
}

int main(void)
{
    mkdir("many", 0777);
    int dir = open("many", O_RDONLY | O_DIRECTORY);
    if (dir < 0)
        return 1;
    make(dir);
    read_and_remove(dir);
    work_below();
    return 0;
}
