/* `wanco checkpoint PID [--continue]`: saves a running program. */
#ifndef COMPILER_CHECKPOINT_COMMAND_H
#define COMPILER_CHECKPOINT_COMMAND_H

/* Sends the signal, waits until the snapshot is complete, and prints its path, size and
 * how long it took. Without --continue the program has ended then. Returns the exit
 * status: 0; 1 if there is no snapshot; 2 if the words make no sense. No signal is sent
 * to a process that is not a compiled program which can be saved. */
int checkpoint_command(int n_words, char **words);

#endif
