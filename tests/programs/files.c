// Files and directories below a preopen: written, appended, sought, listed, renamed,
// removed.
// run: --dir .
// stdout: opened
// stdout: line 2 at 7
// stdout: 21 bytes
// stdout: a listed
// stdout: gone: 44
// after: printf 'line 1\nline 2\nline 3\n' | cmp - kept/b
// run: --dir .::/mapped /mapped/
// stdout: opened
// stdout: line 2 at 7
// stdout: 21 bytes
// stdout: a listed
// stdout: gone: 44
// after: test -f kept/b
// run: --dir .:ro
// stdout: cannot create: 69
// status: 1
// run:
// stdout: cannot create: 76
// status: 1
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path_buffer[100];

static const char *below(const char *root, const char *name)
{
    snprintf(path_buffer, sizeof path_buffer, "%s%s", root, name);
    return path_buffer;
}

static int write_lines(const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        printf("cannot create: %d\n", errno);
        return 0;
    }
    puts("opened");
    fputs("line 1\nline 2\n", file);
    fclose(file);
    file = fopen(path, "a");
    fputs("line 3\n", file);
    fclose(file);
    return 1;
}

static void read_second_line(const char *path)
{
    char line[20] = "";
    FILE *file = fopen(path, "r");
    fseek(file, 7, SEEK_SET);
    long at = ftell(file);
    fgets(line, sizeof line, file);
    line[strcspn(line, "\n")] = 0;
    printf("%s at %ld\n", line, at);
    fclose(file);
}

static void list(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *entry; (entry = readdir(d));)
        if (entry->d_name[0] != '.')
            printf("%s listed\n", entry->d_name);
    closedir(d);
}

int main(int argc, char **argv)
{
    const char *root = argc > 1 ? argv[1] : "";
    struct stat st;
    char from[100];
    if (mkdir(below(root, "kept"), 0777) != 0) {
        printf("cannot create: %d\n", errno);
        return 1;
    }
    if (!write_lines(below(root, "kept/a")))
        return 1;
    read_second_line(path_buffer);
    stat(path_buffer, &st);
    printf("%lld bytes\n", (long long)st.st_size);
    list(below(root, "kept"));
    strcpy(from, below(root, "kept/a"));
    rename(from, below(root, "kept/b"));
    mkdir(below(root, "d"), 0777);
    rmdir(path_buffer);
    if (stat(path_buffer, &st) != 0)
        printf("gone: %d\n", errno);
    return 0;
}
