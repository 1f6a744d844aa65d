/* Loaded into a process by LD_PRELOAD: whatever it does to the files under the folders of TRAM_RECORDED (parted by ":")
   is also written, in its true order, to the log TRAM_LOG. What a record means: benchmarks/power_cut/recording.py.

   One lock is held over each call and its record, so the order of the records is that of the calls. A sync alone takes
   its time outside of it: it vouches for what was recorded before it began. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ({ static __typeof__(&name) real; if (!real) real = dlsym(RTLD_NEXT, #name); real; })

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static char folders[4][PATH_MAX];
static int folder_count;

struct __attribute__((packed)) record {
    char what;
    uint64_t file, at;
    uint32_t name_length, data_length;
};

__attribute__((constructor)) static void begin(void)
{
    const char *recorded = getenv("TRAM_RECORDED"), *log = getenv("TRAM_LOG");
    if (!recorded || !log) abort();
    char *all = strdup(recorded), *rest = all;
    for (char *one; (one = strsep(&rest, ":")); folder_count++)
        if (folder_count == 4 || !realpath(one, folders[folder_count])) abort();
    free(all);
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) abort();
}

/* `path` from the name of its recorded folder on; NULL: it is in none of them. */
static const char *below(const char *path)
{
    for (int n = 0; path && n < folder_count; n++) {
        size_t length = strlen(folders[n]);
        if (!strncmp(path, folders[n], length) && (!path[length] || path[length] == '/'))
            return path + (strrchr(folders[n], '/') + 1 - folders[n]);
    }
    return NULL;
}

static char *path_of(int fd, char *path)
{
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    return path;
}

static int is_ours(int fd)
{
    char path[PATH_MAX];
    int before = errno, ours = log_fd >= 0 && below(path_of(fd, path)) != NULL;
    errno = before;
    return ours;
}

/* As in recording.py: no two files of two media are one. */
static uint64_t identity(const struct stat *found)
{
    return found->st_ino ^ (uint64_t)found->st_dev << 48;
}

static uint64_t file_of(int fd)
{
    struct stat found;
    return fstat(fd, &found) ? 0 : identity(&found);
}

static void note(char what, uint64_t file, uint64_t at, const char *name, const void *data, size_t length)
{
    int before = errno;
    struct record head = {what, file, at, name ? (uint32_t)strlen(name) : 0, (uint32_t)length};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)name, head.name_length}, {(void *)data, length}};
    if (syscall(SYS_writev, log_fd, parts, 3) != (long)(sizeof head + head.name_length + length)) abort();
    errno = before;
}

static int opened(int dir, const char *path, int flags, mode_t mode)
{
    static int (*real)(int, const char *, int, ...);
    if (!real) real = dlsym(RTLD_NEXT, "openat");
    if (log_fd < 0 || !(flags & (O_CREAT | O_TRUNC))) return real(dir, path, flags, mode);
    pthread_mutex_lock(&lock);
    int there = !faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW);
    int fd = real(dir, path, flags, mode);
    char full[PATH_MAX];
    const char *name = fd < 0 ? NULL : below(path_of(fd, full));
    if (name && !there) note('c', file_of(fd), 0, name, NULL, 0);
    else if (name && (flags & O_TRUNC)) note('t', file_of(fd), 0, NULL, NULL, 0);
    pthread_mutex_unlock(&lock);
    return fd;
}

#define OPENS(name, dir_parameter, dir)                               \
    int name(dir_parameter const char *path, int flags, ...)          \
    {                                                                 \
        va_list more;                                                 \
        va_start(more, flags);                                        \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                                 \
        return opened(dir, path, flags, mode);                        \
    }
#define DIR_PARAMETER int dir,
OPENS(open, , AT_FDCWD)
OPENS(open64, , AT_FDCWD)
OPENS(openat, DIR_PARAMETER, dir)
OPENS(openat64, DIR_PARAMETER, dir)

ssize_t write(int fd, const void *data, size_t length)
{
    if (!is_ours(fd)) return REAL(write)(fd, data, length);
    pthread_mutex_lock(&lock);
    ssize_t done = REAL(write)(fd, data, length);
    if (done > 0) note('w', file_of(fd), lseek(fd, 0, SEEK_CUR) - done, NULL, data, done);
    pthread_mutex_unlock(&lock);
    return done;
}

#define PWRITES(name, offset_type)                                            \
    ssize_t name(int fd, const void *data, size_t length, offset_type at)     \
    {                                                                         \
        if (!is_ours(fd)) return REAL(name)(fd, data, length, at);            \
        pthread_mutex_lock(&lock);                                            \
        ssize_t done = REAL(name)(fd, data, length, at);                      \
        if (done > 0) note('w', file_of(fd), at, NULL, data, done);           \
        pthread_mutex_unlock(&lock);                                          \
        return done;                                                          \
    }
PWRITES(pwrite, off_t)
PWRITES(pwrite64, off64_t)

#define TRUNCATES(name, size_type)                                            \
    int name(int fd, size_type size)                                          \
    {                                                                         \
        if (!is_ours(fd)) return REAL(name)(fd, size);                        \
        pthread_mutex_lock(&lock);                                            \
        int failed = REAL(name)(fd, size);                                    \
        if (!failed) note('t', file_of(fd), size, NULL, NULL, 0);             \
        pthread_mutex_unlock(&lock);                                          \
        return failed;                                                        \
    }
TRUNCATES(ftruncate, off_t)
TRUNCATES(ftruncate64, off64_t)

#define SYNCS(name)                                                           \
    int name(int fd)                                                          \
    {                                                                         \
        char path[PATH_MAX];                                                  \
        struct stat found;                                                    \
        const char *ours = log_fd < 0 ? NULL : below(path_of(fd, path));      \
        if (!ours || fstat(fd, &found)) return REAL(name)(fd);                \
        pthread_mutex_lock(&lock);                                            \
        off_t began = lseek(log_fd, 0, SEEK_END);                             \
        pthread_mutex_unlock(&lock);                                          \
        int failed = REAL(name)(fd);                                          \
        pthread_mutex_lock(&lock);                                            \
        if (!failed) note(S_ISDIR(found.st_mode) ? 'd' : 's', identity(&found), began, ours, NULL, 0); \
        pthread_mutex_unlock(&lock);                                          \
        return failed;                                                        \
    }
SYNCS(fsync)
SYNCS(fdatasync)

int rename(const char *from, const char *to)
{
    char old[PATH_MAX], new[PATH_MAX];
    if (log_fd < 0 || !below(realpath(from, old))) return REAL(rename)(from, to);
    pthread_mutex_lock(&lock);
    int failed = REAL(rename)(from, to);
    const char *name = failed ? NULL : below(realpath(to, new));
    if (name) note('r', 0, 0, below(old), name, strlen(name));
    pthread_mutex_unlock(&lock);
    return failed;
}

int unlink(const char *path)
{
    char full[PATH_MAX];
    if (log_fd < 0 || !below(realpath(path, full))) return REAL(unlink)(path);
    pthread_mutex_lock(&lock);
    int failed = REAL(unlink)(path);
    if (!failed) note('u', 0, 0, below(full), NULL, 0);
    pthread_mutex_unlock(&lock);
    return failed;
}

int mkdir(const char *path, mode_t mode)
{
    char full[PATH_MAX];
    if (log_fd < 0) return REAL(mkdir)(path, mode);
    pthread_mutex_lock(&lock);
    int failed = REAL(mkdir)(path, mode);
    const char *name = failed ? NULL : below(realpath(path, full));
    if (name) note('m', 0, 0, name, NULL, 0);
    pthread_mutex_unlock(&lock);
    return failed;
}

/* What is written through memory has no order that could be recorded: only SQLite's -shm may, which is worth nothing
   after a power cut. Neither do these: they are noted as what the reader refuses. */
static void refuse(const char *path)
{
    const char *name = below(path);
    size_t length = name ? strlen(name) : 0;
    if (name && (length < 4 || strcmp(name + length - 4, "-shm"))) note('x', 0, 0, name, NULL, 0);
}

#define MAPS(name, offset_type)                                               \
    void *name(void *where, size_t length, int protection, int flags, int fd, offset_type at) \
    {                                                                         \
        char path[PATH_MAX];                                                  \
        if (log_fd >= 0 && fd >= 0 && flags & MAP_SHARED && protection & PROT_WRITE) refuse(path_of(fd, path)); \
        return REAL(name)(where, length, protection, flags, fd, at);          \
    }
MAPS(mmap, off_t)
MAPS(mmap64, off64_t)

#define REFUSED(name, type, parameters, arguments, fd)                        \
    type name parameters                                                      \
    {                                                                         \
        char path[PATH_MAX];                                                  \
        if (log_fd >= 0) refuse(path_of(fd, path));                           \
        return REAL(name) arguments;                                          \
    }
REFUSED(writev, ssize_t, (int fd, const struct iovec *parts, int count), (fd, parts, count), fd)
REFUSED(pwritev, ssize_t, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at), fd)
REFUSED(fallocate, int, (int fd, int mode, off_t at, off_t length), (fd, mode, at, length), fd)
REFUSED(posix_fallocate, int, (int fd, off_t at, off_t length), (fd, at, length), fd)
REFUSED(copy_file_range, ssize_t, (int from, off64_t *at, int to, off64_t *there, size_t length, unsigned flags),
        (from, at, to, there, length, flags), to)
