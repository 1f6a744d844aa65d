// Preloaded: while the file named by FAILING_DISK exists and says "<errno> <calls>", every one of these calls (r: pread,
// R: pread of more than the first page, w: pwrite, s: fdatasync and fsync, t: ftruncate) on a file of the store answers that error. All else goes its way.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int fd, char call) {
    char link[64], path[4096], calls[8] = "";
    int number = 0;
    FILE *told = fopen(getenv("FAILING_DISK"), "r");
    if (!told) return 0;
    int read = fscanf(told, "%d %7s", &number, calls);
    fclose(told);
    if (read != 2 || !strchr(calls, call)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    if (!strstr(path, "/store.db")) return 0;
    errno = number;
    return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int reads_fail(int fd, size_t size, off64_t at) {
    return fails(fd, 'r') || (at + (off64_t)size > 4096 && fails(fd, 'R'));
}

ssize_t pread(int fd, void *to, size_t size, off_t at) {
    return reads_fail(fd, size, at) ? -1 : NEXT(pread)(fd, to, size, at);
}
ssize_t pread64(int fd, void *to, size_t size, off64_t at) {
    return reads_fail(fd, size, at) ? -1 : NEXT(pread64)(fd, to, size, at);
}
ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
    return fails(fd, 'w') ? -1 : NEXT(pwrite)(fd, from, size, at);
}
ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
    return fails(fd, 'w') ? -1 : NEXT(pwrite64)(fd, from, size, at);
}
int fdatasync(int fd) { return fails(fd, 's') ? -1 : NEXT(fdatasync)(fd); }
int fsync(int fd) { return fails(fd, 's') ? -1 : NEXT(fsync)(fd); }
int ftruncate(int fd, off_t size) { return fails(fd, 't') ? -1 : NEXT(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return fails(fd, 't') ? -1 : NEXT(ftruncate64)(fd, size); }
