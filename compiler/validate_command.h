/* `wanco validate FILE...`: checks modules without compiling them. */
#ifndef COMPILER_VALIDATE_COMMAND_H
#define COMPILER_VALIDATE_COMMAND_H

/* Prints one line per file, "FILE: ok" or what is wrong and where. Returns the exit
 * status: 0 if all are valid, 1 otherwise. */
int validate_command(int n_files, char **files);

#endif
