// What glibc's <spawn.h> declares for _GNU_SOURCE alone, which Swift's Glibc module does not define.
#include <spawn.h>

int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *);
