/* Work for sqlite3, all in memory: inserts, an index, joins, aggregates, updates, text
 * search and sorting. sqlite3 is built with SQLITE_OS_OTHER, so that both builds run the
 * same code: the file system below has a clock that stands still, and no files. */
#include "../programs/bench.h"
#include "sqlite3.h"

static int open_nothing(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file,
                        int flags, int *out_flags)
{
    (void)vfs, (void)name, (void)flags, (void)out_flags;
    file->pMethods = NULL;
    return SQLITE_CANTOPEN;
}

static int delete_nothing(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs, (void)name, (void)sync;
    return SQLITE_OK;
}

static int access_nothing(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    (void)vfs, (void)name, (void)flags;
    *result = 0;
    return SQLITE_OK;
}

static int full_path(sqlite3_vfs *vfs, const char *name, int bytes, char *out)
{
    (void)vfs;
    sqlite3_snprintf(bytes, out, "%s", name);
    return SQLITE_OK;
}

static int randomness(sqlite3_vfs *vfs, int bytes, char *out)
{
    (void)vfs;
    memset(out, 42, (size_t)bytes);
    return bytes;
}

static int no_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int standing_clock(sqlite3_vfs *vfs, double *now)
{
    (void)vfs;
    *now = 2460000.5;
    return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int bytes, char *out)
{
    (void)vfs, (void)bytes, (void)out;
    return 0;
}

int sqlite3_os_init(void)
{
    static sqlite3_vfs memory_only = {
        .iVersion = 1,
        .szOsFile = sizeof(sqlite3_file),
        .mxPathname = 64,
        .zName = "memory-only",
        .xOpen = open_nothing,
        .xDelete = delete_nothing,
        .xAccess = access_nothing,
        .xFullPathname = full_path,
        .xRandomness = randomness,
        .xSleep = no_sleep,
        .xCurrentTime = standing_clock,
        .xGetLastError = last_error,
    };
    return sqlite3_vfs_register(&memory_only, 1);
}

int sqlite3_os_end(void)
{
    return SQLITE_OK;
}

static int mix_row(void *sum, int n, char **values, char **columns)
{
    (void)columns;
    uint64_t *out = sum;
    for (int i = 0; i < n; i++)
        *out = bench_mix_bytes(*out, values[i] ? values[i] : "null",
                               values[i] ? strlen(values[i]) : 4);
    return 0;
}

static void execute(sqlite3 *db, const char *sql, uint64_t *sum)
{
    char *error = NULL;
    if (sqlite3_exec(db, sql, mix_row, sum, &error) == SQLITE_OK)
        return;
    fprintf(stderr, "%s: %s\n", sql, error ? error : "error");
    exit(1);
}

static void insert_rows(sqlite3 *db, int n, uint64_t *seed)
{
    sqlite3_stmt *insert;
    if (sqlite3_prepare_v2(db, "insert into sale values (?, ?, ?, ?)", -1, &insert, NULL))
        exit(1);
    for (int i = 0; i < n; i++) {
        char note[40];
        uint32_t number = bench_random(seed);
        sqlite3_snprintf(sizeof note, note, "note %u of customer %u", number % 977,
                         number % 53);
        sqlite3_bind_int(insert, 1, i);
        sqlite3_bind_int(insert, 2, (int)(bench_random(seed) % 500));
        sqlite3_bind_int64(insert, 3, (int64_t)(bench_random(seed) % 100000));
        sqlite3_bind_text(insert, 4, note, -1, SQLITE_TRANSIENT);
        if (sqlite3_step(insert) != SQLITE_DONE)
            exit(1);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
}

int main(int argc, char **argv)
{
    static const char *const queries[] = {
        "create index by_amount on sale(amount)",
        "select customer, count(*), sum(amount) from sale group by customer order by 3 "
        "limit 20",
        "select count(*) from sale where amount between 20000 and 40000",
        "select count(*) from sale a join sale b on b.amount = a.amount + 1 where a.id % "
        "3 = 0",
        "select count(*), max(id) from sale where note like '%9 of customer 1%'",
        "update sale set amount = amount + 1 where id % 5 = 0",
        "select note, count(*) c from sale group by note order by c desc, note limit 10",
        "delete from sale where amount % 7 = 0",
        "select sum(length(note)), avg(amount * 1.5) > 0, group_concat(id) from sale "
        "where id < 90",
        "drop table sale",
    };
    sqlite3 *db;
    uint64_t seed = 1, sum = 0;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK)
        return 1;
    for (int round = bench_rounds(argc, argv, 20); round > 0; round--) {
        execute(db,
                "create table sale(id integer primary key, customer int, amount int, "
                "note text);"
                "begin",
                &sum);
        insert_rows(db, 20000, &seed);
        execute(db, "commit", &sum);
        for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
            execute(db, queries[i], &sum);
    }
    sqlite3_close(db);
    return bench_report(sum);
}
