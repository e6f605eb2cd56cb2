// Arguments and environment reach main, and only what was given.
// run:
// env: SECRET=hidden
// stdout: 0 arguments
// stdout: NAME is unset, SECRET is unset
// run: one "two words" "" --three
// stdout: 4 arguments
// stdout: [one]
// stdout: [two words]
// stdout: []
// stdout: [--three]
// stdout: NAME is unset, SECRET is unset
// run: --env NAME=value=1 -- --env
// stdout: 1 arguments
// stdout: [--env]
// stdout: NAME is value=1, SECRET is unset
// run: --inherit-env --env NAME=
// env: SECRET=shown
// env: NAME=replaced
// stdout: 0 arguments
// stdout: NAME is , SECRET is shown
#include <stdio.h>
#include <stdlib.h>

static const char *value(const char *name)
{
    const char *found = getenv(name);
    return found ? found : "unset";
}

int main(int argc, char **argv)
{
    printf("%d arguments\n", argc - 1);
    for (int i = 1; i < argc; i++)
        printf("[%s]\n", argv[i]);
    printf("NAME is %s, SECRET is %s\n", value("NAME"), value("SECRET"));
    return 0;
}
