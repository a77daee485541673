/* A disk and a clock that one can't rely on, to be preloaded into a process (Linux; disk.py builds and loads it).
 *
 * It stands between a program and what it does to files below one folder: it writes down each change and each sync in the order in
 * which they happened, lets some fail, makes syncs slow, or ends the process before one of them. Elsewhere, sockets and standard
 * output among it, nothing is touched. The settings are environment variables:
 *
 *   DISK_BELOW   the folder
 *   DISK_LOG     the file, outside of that folder, that the changes and syncs are written to
 *   DISK_FAULT   WHAT:N:ERRNO or WHAT:N+:ERRNO: change (`write`) or sync (`sync`) number N fails with that error number; with a
 *                plus sign so do all after it. A full disk takes half of the first write that it has no room for.
 *   DISK_KILL    before which change or sync, counted together, the process is killed
 *   DISK_SLOW    how many milliseconds each sync takes
 *   DISK_CLOCK   N:SECONDS: from change or sync N on the clock is that far ahead (or behind, if negative)
 *
 * It calls the system itself, so that it needs no libc but for memory and text. What is written through a mapping is not seen:
 * SQLite, told not to map its database, maps only the index of its log (-shm), which it makes anew after a crash. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum what { CHANGE, SYNC };

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static const char *below;
static size_t below_length;
static int log_file = -1;
static enum what fault_of;
static long fault_at, kill_at, slow_ms, clock_at = -1, clock_ahead;
static int fault_stays, fault_errno;
static long counted[2];
static atomic_long all;

__attribute__((constructor)) static void read_settings(void) {
    const char *text;
    if ((below = getenv("DISK_BELOW"))) below_length = strlen(below);
    if ((text = getenv("DISK_LOG"))) log_file = syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if ((text = getenv("DISK_KILL"))) kill_at = atol(text);
    if ((text = getenv("DISK_SLOW"))) slow_ms = atol(text);
    if ((text = getenv("DISK_CLOCK"))) sscanf(text, "%ld:%ld", &clock_at, &clock_ahead);
    if ((text = getenv("DISK_FAULT"))) {
        char what[8], plus[2] = "";
        if (sscanf(text, "%7[a-z]:%ld%1[+]", what, &fault_at, plus) < 2) abort();
        fault_of = strcmp(what, "sync") ? CHANGE : SYNC;
        fault_stays = *plus == '+';
        fault_errno = atoi(strrchr(text, ':') + 1);
    }
}

static int is_below(const char *full) { return !strncmp(full, below, below_length) && (full[below_length] == '/' || !full[below_length]); }

/* Whether a path lies below the folder; `full` gets the whole of it. */
static int is_ours(int folder, const char *path, char full[PATH_MAX]) {
    if (!below || !path) return 0;
    if (*path == '/') {
        snprintf(full, PATH_MAX, "%s", path);
    } else {
        char link[64], base[PATH_MAX / 2];
        snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, base, sizeof base - 1);
        if (length < 0) return 0;
        base[length] = 0;
        snprintf(full, PATH_MAX, "%s/%.*s", base, PATH_MAX / 2 - 2, path);
    }
    return is_below(full);
}

static int is_our_file(int file, char full[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = below ? readlink(link, full, PATH_MAX - 1) : -1;
    if (length < 0) return 0;
    full[length] = 0;
    return is_below(full);
}

static void put(const void *bytes, size_t length) {
    for (const char *next = bytes; length;) {
        ssize_t written = syscall(SYS_write, log_file, next, length);
        if (written < 0) abort();
        next += written, length -= written;
    }
}

/* Takes the turn, and counts. Gives 0, or the error with which the system answers instead. */
static int begins(enum what what) {
    if (what == SYNC && slow_ms) {
        struct timespec pause = {slow_ms / 1000, slow_ms % 1000 * 1000000};
        syscall(SYS_nanosleep, &pause, NULL);
    }
    pthread_mutex_lock(&one_at_a_time);
    long number = ++counted[what];
    if (++all == kill_at) kill(getpid(), SIGKILL);
    int hit = fault_at && what == fault_of && (number == fault_at || (fault_stays && number > fault_at));
    if (hit && log_file >= 0) put("fault\t0\t0\t0\t\t\n", 14);
    return hit ? fault_errno : 0;
}

/* Nothing can be written any more, so that nothing can be opened to be written either. */
static int is_read_only(void) { return fault_errno == EROFS && fault_stays && counted[CHANGE] >= fault_at; }

/* Writes down what happened, and gives the turn back. A line of what, inode, offset, length and paths; then the bytes. */
static long ends(const char *what, int file, long offset, const void *bytes, size_t length, const char *path, const char *other, long result) {
    int error = errno;
    struct stat found = {0};
    if (log_file >= 0 && result >= 0) {
        char line[2 * PATH_MAX + 128];
        if (file >= 0) syscall(SYS_fstat, file, &found);
        put(line, snprintf(line, sizeof line, "%s\t%lu\t%ld\t%zu\t%s\t%s\n", what, (unsigned long)found.st_ino, offset, length, path, other));
        put(bytes, length);
    }
    pthread_mutex_unlock(&one_at_a_time);
    errno = error;
    return result;
}

static long refused(int error) {
    pthread_mutex_unlock(&one_at_a_time);
    errno = error;
    return -1;
}

/* -- opening, and what folders hold -- */

static int open_at(int folder, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
    if (!writes || !is_ours(folder, path, full)) return syscall(SYS_openat, folder, path, flags, mode);
    int is_new = (flags & O_CREAT) && syscall(SYS_faccessat, folder, path, F_OK) != 0;
    if (!is_new && !(flags & O_TRUNC)) {
        pthread_mutex_lock(&one_at_a_time);
        int error = fault_at && is_read_only() ? EROFS : 0;
        pthread_mutex_unlock(&one_at_a_time);
        if (error) return errno = error, -1;
        return syscall(SYS_openat, folder, path, flags, mode);
    }
    int error = begins(CHANGE);
    if (error) return refused(error);
    int file = syscall(SYS_openat, folder, path, flags, mode);
    return ends(is_new ? "create" : "truncate", file, 0, NULL, 0, full, "", file);
}

#define OPENS(name)                                                                                                                \
    int name(const char *path, int flags, ...) {                                                                                   \
        va_list rest;                                                                                                              \
        va_start(rest, flags);                                                                                                     \
        mode_t mode = va_arg(rest, mode_t);                                                                                        \
        va_end(rest);                                                                                                              \
        return open_at(AT_FDCWD, path, flags, mode);                                                                               \
    }
#define OPENS_AT(name)                                                                                                             \
    int name(int folder, const char *path, int flags, ...) {                                                                       \
        va_list rest;                                                                                                              \
        va_start(rest, flags);                                                                                                     \
        mode_t mode = va_arg(rest, mode_t);                                                                                        \
        va_end(rest);                                                                                                              \
        return open_at(folder, path, flags, mode);                                                                                 \
    }
OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)

int mkdirat(int folder, const char *path, mode_t mode) {
    char full[PATH_MAX];
    if (!is_ours(folder, path, full)) return syscall(SYS_mkdirat, folder, path, mode);
    int error = begins(CHANGE);
    if (error) return refused(error);
    return ends("mkdir", -1, 0, NULL, 0, full, "", syscall(SYS_mkdirat, folder, path, mode));
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int unlinkat(int folder, const char *path, int flags) {
    char full[PATH_MAX];
    if (!is_ours(folder, path, full)) return syscall(SYS_unlinkat, folder, path, flags);
    int error = begins(CHANGE);
    if (error) return refused(error);
    return ends("unlink", -1, 0, NULL, 0, full, "", syscall(SYS_unlinkat, folder, path, flags));
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    char old[PATH_MAX], new[PATH_MAX];
    if (!is_ours(from_folder, from, old) || !is_ours(to_folder, to, new)) return syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    int error = begins(CHANGE);
    if (error) return refused(error);
    return ends("rename", -1, 0, NULL, 0, old, new, syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) { return renameat2(from_folder, from, to_folder, to, 0); }
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

/* -- what files hold -- */

/* Writes at an offset, or where the file stands if that is negative. */
static ssize_t write_at(int file, const void *bytes, size_t length, off_t offset) {
    char full[PATH_MAX];
    if (!is_our_file(file, full)) {
        return offset < 0 ? syscall(SYS_write, file, bytes, length) : syscall(SYS_pwrite64, file, bytes, length, offset);
    }
    int error = begins(CHANGE);
    if (error == ENOSPC && counted[CHANGE] == fault_at && length > 1) length /= 2;
    else if (error) return refused(error);
    ssize_t written = offset < 0 ? syscall(SYS_write, file, bytes, length) : syscall(SYS_pwrite64, file, bytes, length, offset);
    long place = offset < 0 ? syscall(SYS_lseek, file, 0, SEEK_CUR) - written : offset;
    return ends("write", file, place, bytes, written < 0 ? 0 : written, full, "", written);
}

ssize_t write(int file, const void *bytes, size_t length) { return write_at(file, bytes, length, -1); }
ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) { return write_at(file, bytes, length, offset); }
ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) { return write_at(file, bytes, length, offset); }

/* A write of several pieces may write fewer: of a file of ours only the first is. */
ssize_t writev(int file, const struct iovec *pieces, int count) {
    char full[PATH_MAX];
    if (!is_our_file(file, full)) return syscall(SYS_writev, file, pieces, count);
    while (count > 1 && !pieces->iov_len) pieces++, count--;
    return count ? write_at(file, pieces->iov_base, pieces->iov_len, -1) : 0;
}

int ftruncate(int file, off_t length) {
    char full[PATH_MAX];
    if (!is_our_file(file, full)) return syscall(SYS_ftruncate, file, length);
    int error = begins(CHANGE);
    if (error) return refused(error);
    return ends("truncate", file, length, NULL, 0, full, "", syscall(SYS_ftruncate, file, length));
}

int ftruncate64(int file, off64_t length) { return ftruncate(file, length); }

static int sync_of(int file, long call) {
    char full[PATH_MAX];
    if (!is_our_file(file, full)) return syscall(call, file);
    int error = begins(SYNC);
    if (error) return refused(error);
    return ends("sync", file, 0, NULL, 0, full, "", syscall(call, file));
}

int fsync(int file) { return sync_of(file, SYS_fsync); }
int fdatasync(int file) { return sync_of(file, SYS_fdatasync); }

/* -- the clock -- */

int clock_gettime(clockid_t clock, struct timespec *now) {
    int done = syscall(SYS_clock_gettime, clock, now);
    if (!done && clock == CLOCK_REALTIME && clock_at >= 0 && all >= clock_at) now->tv_sec += clock_ahead;
    return done;
}
