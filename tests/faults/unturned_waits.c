// Preloaded before libfaketime: waits are the C library's own. libfaketime 0.9.10 takes a wait by CLOCK_MONOTONIC for one
// by the wall clock that it turns, so that it ends at once or never: threads that wait for Python's lock then spin.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

static void *libc;
__attribute__((constructor)) static void find(void) { libc = dlopen("libc.so.6", RTLD_LAZY); }

#define OWN(name, parameters, values) \
    int name parameters { \
        static __typeof__(&name) own; \
        if (!own) { \
            if (!libc) find(); \
            own = (__typeof__(&name))dlsym(libc, #name); \
        } \
        return own values; \
    }

OWN(pthread_cond_init, (pthread_cond_t * cond, const pthread_condattr_t *attr), (cond, attr))
OWN(pthread_cond_destroy, (pthread_cond_t * cond), (cond))
OWN(pthread_cond_timedwait, (pthread_cond_t * cond, pthread_mutex_t *mutex, const struct timespec *until), (cond, mutex, until))
OWN(clock_nanosleep, (clockid_t clock, int flags, const struct timespec *until, struct timespec *left), (clock, flags, until, left))
