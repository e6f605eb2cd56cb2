/* Lua includes it even where it is told to do without (LUAI_TRY); this wasi-libc has
 * none. */
