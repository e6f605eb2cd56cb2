// Nothing outside of a preopen can be reached: not by .., an absolute path or a symbolic
// link.
// run: --dir inside
// before: mkdir inside outside && echo secret >outside/file && echo fine >inside/file
// before: ln -s ../outside inside/relative && ln -s "$PWD/outside" inside/absolute
// before: ln -s file inside/good
// stdout: inside/file: fine
// stdout: inside/good: fine
// stdout: inside/../inside/file: refused
// stdout: inside/../outside/file: refused
// stdout: outside/file: refused
// stdout: /etc/passwd: refused
// stdout: inside/relative/file: refused
// stdout: inside/absolute/file: refused
// stdout: inside/relative/new: refused
// after: test ! -e outside/new
#include <stdio.h>
#include <string.h>

static void try_open(const char *path, const char *mode)
{
    char line[20] = "";
    FILE *file = fopen(path, mode);
    if (file)
        fgets(line, sizeof line, file);
    line[strcspn(line, "\n")] = 0;
    printf("%s: %s\n", path, file ? line : "refused");
    if (file)
        fclose(file);
}

int main(void)
{
    try_open("inside/file", "r");
    try_open("inside/good", "r");
    try_open("inside/../inside/file", "r");
    try_open("inside/../outside/file", "r");
    try_open("outside/file", "r");
    try_open("/etc/passwd", "r");
    try_open("inside/relative/file", "r");
    try_open("inside/absolute/file", "r");
    try_open("inside/relative/new", "w");
    return 0;
}
