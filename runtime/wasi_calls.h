/* The functions of wasi.def in C. Each takes guest addresses as integers, answers a witx
 * `errno`, and never faults on what the guest passes. */
#ifndef RUNTIME_WASI_CALLS_H
#define RUNTIME_WASI_CALLS_H

#include <stdint.h>

struct rt_instance;

uint32_t rt_wasi_args_get(struct rt_instance *instance, uint32_t argv, uint32_t chars);
uint32_t rt_wasi_args_sizes_get(struct rt_instance *instance, uint32_t n_args,
                                uint32_t n_bytes);
uint32_t rt_wasi_environ_get(struct rt_instance *instance, uint32_t environ,
                             uint32_t chars);
uint32_t rt_wasi_environ_sizes_get(struct rt_instance *instance, uint32_t n_vars,
                                   uint32_t n_bytes);

uint32_t rt_wasi_clock_res_get(struct rt_instance *instance, uint32_t clock,
                               uint32_t resolution);
uint32_t rt_wasi_clock_time_get(struct rt_instance *instance, uint32_t clock,
                                uint64_t precision, uint32_t time);

uint32_t rt_wasi_fd_advise(struct rt_instance *instance, uint32_t fd, uint64_t offset,
                           uint64_t n_bytes, uint32_t advice);
uint32_t rt_wasi_fd_allocate(struct rt_instance *instance, uint32_t fd, uint64_t offset,
                             uint64_t n_bytes);
uint32_t rt_wasi_fd_close(struct rt_instance *instance, uint32_t fd);
uint32_t rt_wasi_fd_datasync(struct rt_instance *instance, uint32_t fd);
uint32_t rt_wasi_fd_fdstat_get(struct rt_instance *instance, uint32_t fd,
                               uint32_t fdstat);
uint32_t rt_wasi_fd_fdstat_set_flags(struct rt_instance *instance, uint32_t fd,
                                     uint32_t fdflags);
uint32_t rt_wasi_fd_fdstat_set_rights(struct rt_instance *instance, uint32_t fd,
                                      uint64_t base, uint64_t inheriting);
uint32_t rt_wasi_fd_filestat_get(struct rt_instance *instance, uint32_t fd,
                                 uint32_t filestat);
uint32_t rt_wasi_fd_filestat_set_size(struct rt_instance *instance, uint32_t fd,
                                      uint64_t size);
uint32_t rt_wasi_fd_filestat_set_times(struct rt_instance *instance, uint32_t fd,
                                       uint64_t atim, uint64_t mtim, uint32_t fstflags);
uint32_t rt_wasi_fd_pread(struct rt_instance *instance, uint32_t fd, uint32_t iovs,
                          uint32_t n_iovs, uint64_t offset, uint32_t n_read);
uint32_t rt_wasi_fd_prestat_get(struct rt_instance *instance, uint32_t fd,
                                uint32_t prestat);
uint32_t rt_wasi_fd_prestat_dir_name(struct rt_instance *instance, uint32_t fd,
                                     uint32_t chars, uint32_t n_bytes);
uint32_t rt_wasi_fd_pwrite(struct rt_instance *instance, uint32_t fd, uint32_t iovs,
                           uint32_t n_iovs, uint64_t offset, uint32_t n_written);
uint32_t rt_wasi_fd_read(struct rt_instance *instance, uint32_t fd, uint32_t iovs,
                         uint32_t n_iovs, uint32_t n_read);
uint32_t rt_wasi_fd_readdir(struct rt_instance *instance, uint32_t fd, uint32_t entries,
                            uint32_t n_bytes, uint64_t cookie, uint32_t n_used);
uint32_t rt_wasi_fd_renumber(struct rt_instance *instance, uint32_t from, uint32_t to);
uint32_t rt_wasi_fd_seek(struct rt_instance *instance, uint32_t fd, uint64_t delta,
                         uint32_t whence, uint32_t offset);
uint32_t rt_wasi_fd_sync(struct rt_instance *instance, uint32_t fd);
uint32_t rt_wasi_fd_tell(struct rt_instance *instance, uint32_t fd, uint32_t offset);
uint32_t rt_wasi_fd_write(struct rt_instance *instance, uint32_t fd, uint32_t iovs,
                          uint32_t n_iovs, uint32_t n_written);

uint32_t rt_wasi_path_create_directory(struct rt_instance *instance, uint32_t fd,
                                       uint32_t path, uint32_t path_bytes);
uint32_t rt_wasi_path_filestat_get(struct rt_instance *instance, uint32_t fd,
                                   uint32_t lookup, uint32_t path, uint32_t path_bytes,
                                   uint32_t filestat);
uint32_t rt_wasi_path_filestat_set_times(struct rt_instance *instance, uint32_t fd,
                                         uint32_t lookup, uint32_t path,
                                         uint32_t path_bytes, uint64_t atim,
                                         uint64_t mtim, uint32_t fstflags);
uint32_t rt_wasi_path_link(struct rt_instance *instance, uint32_t old_fd, uint32_t lookup,
                           uint32_t old_path, uint32_t old_bytes, uint32_t new_fd,
                           uint32_t new_path, uint32_t new_bytes);
uint32_t rt_wasi_path_open(struct rt_instance *instance, uint32_t fd, uint32_t lookup,
                           uint32_t path, uint32_t path_bytes, uint32_t oflags,
                           uint64_t base, uint64_t inheriting, uint32_t fdflags,
                           uint32_t opened);
uint32_t rt_wasi_path_readlink(struct rt_instance *instance, uint32_t fd, uint32_t path,
                               uint32_t path_bytes, uint32_t chars, uint32_t n_bytes,
                               uint32_t n_used);
uint32_t rt_wasi_path_remove_directory(struct rt_instance *instance, uint32_t fd,
                                       uint32_t path, uint32_t path_bytes);
uint32_t rt_wasi_path_rename(struct rt_instance *instance, uint32_t old_fd,
                             uint32_t old_path, uint32_t old_bytes, uint32_t new_fd,
                             uint32_t new_path, uint32_t new_bytes);
uint32_t rt_wasi_path_symlink(struct rt_instance *instance, uint32_t target,
                              uint32_t target_bytes, uint32_t fd, uint32_t path,
                              uint32_t path_bytes);
uint32_t rt_wasi_path_unlink_file(struct rt_instance *instance, uint32_t fd,
                                  uint32_t path, uint32_t path_bytes);

uint32_t rt_wasi_poll_oneoff(struct rt_instance *instance, uint32_t subscriptions,
                             uint32_t events, uint32_t n_subscriptions,
                             uint32_t n_events);
void rt_wasi_proc_exit(struct rt_instance *instance, uint32_t status);
uint32_t rt_wasi_proc_raise(struct rt_instance *instance, uint32_t signal);
uint32_t rt_wasi_random_get(struct rt_instance *instance, uint32_t bytes,
                            uint32_t n_bytes);
uint32_t rt_wasi_sched_yield(struct rt_instance *instance);

uint32_t rt_wasi_sock_accept(struct rt_instance *instance, uint32_t fd, uint32_t fdflags,
                             uint32_t accepted);
uint32_t rt_wasi_sock_recv(struct rt_instance *instance, uint32_t fd, uint32_t iovs,
                           uint32_t n_iovs, uint32_t riflags, uint32_t n_read,
                           uint32_t roflags);
uint32_t rt_wasi_sock_send(struct rt_instance *instance, uint32_t fd, uint32_t iovs,
                           uint32_t n_iovs, uint32_t siflags, uint32_t n_written);
uint32_t rt_wasi_sock_shutdown(struct rt_instance *instance, uint32_t fd, uint32_t how);

/* wasi_unstable, where it differs. */
uint32_t rt_wasi_unstable_fd_filestat_get(struct rt_instance *instance, uint32_t fd,
                                          uint32_t filestat);
uint32_t rt_wasi_unstable_fd_seek(struct rt_instance *instance, uint32_t fd,
                                  uint64_t delta, uint32_t whence, uint32_t offset);
uint32_t rt_wasi_unstable_path_filestat_get(struct rt_instance *instance, uint32_t fd,
                                            uint32_t lookup, uint32_t path,
                                            uint32_t path_bytes, uint32_t filestat);
uint32_t rt_wasi_unstable_poll_oneoff(struct rt_instance *instance,
                                      uint32_t subscriptions, uint32_t events,
                                      uint32_t n_subscriptions, uint32_t n_events);

#endif
