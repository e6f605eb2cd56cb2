/* sqlite_main DATABASE: runs the SQL on its standard input, prints rows. */
#include <stdio.h>
#include <stdlib.h>

#include "sqlite3.h"

static int print_row(void *unused, int n_columns, char **values, char **names)
{
    (void)unused;
    (void)names;
    for (int i = 0; i < n_columns; i++)
        printf("%s%s", i > 0 ? "|" : "", values[i] ? values[i] : "NULL");
    putchar('\n');
    return 0;
}

int main(int argc, char **argv)
{
    static char sql[1 << 16];
    sqlite3 *db;
    char *error = NULL;
    if (argc != 2)
        return 2;
    sql[fread(sql, 1, sizeof sql - 1, stdin)] = '\0';
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    /* Without locks, which WASI does not have. */
    if (sqlite3_open_v2(argv[1], &db, flags, "unix-none") != SQLITE_OK ||
        sqlite3_exec(db, sql, print_row, NULL, &error) != SQLITE_OK) {
        fprintf(stderr, "%s\n", error ? error : sqlite3_errmsg(db));
        return 1;
    }
    return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}
