/* Copies the image of a file system where a power cut would leave it.
 *
 * Preloaded into a server whose data directory is on a file system in the file CUT_IMAGE. Before a file is synced that is
 * longer than at its last sync, its data is written out alone and the image copied: ext4 writes data blocks first, and
 * the inode with the new length only with the journal's next commit. The image is also copied before every CUT_EVERY-th
 * sync, with nothing written out. Copies are CUT_COPIES/<number>.img, each with what CUT_ACKNOWLEDGED held just before,
 * in <number>.acknowledged.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 4096
#define NAME 4096

/* An inode number is used again after its file is deleted; the time of birth tells the two apart. */
struct synced {
    unsigned long long inode;
    long long born_seconds;
    unsigned born_nanoseconds;
    unsigned long long length;
};

/* No two syncs at a time: the journal must not commit while the image is copied. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct synced files[FILES];
static int file_count, copy_count, sync_count;

static void fail(const char *what) {
    fprintf(stderr, "cut.c: %s: %s\n", what, strerror(errno));
    abort();
}

static const char *setting(const char *name) {
    const char *value = getenv(name);
    if (!value) {
        errno = EINVAL;
        fail(name);
    }
    return value;
}

static int open_or_fail(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0) fail(path);
    return fd;
}

/* Copies what is not a hole. */
static void copy(const char *from, const char *to) {
    int in = open_or_fail(from, O_RDONLY), out = open_or_fail(to, O_WRONLY | O_CREAT | O_TRUNC);
    off_t length = lseek(in, 0, SEEK_END), start = 0;
    if (length < 0 || ftruncate(out, length)) fail(to);
    static char buffer[1 << 20];
    while (start < length && (start = lseek(in, start, SEEK_DATA)) >= 0) {
        off_t end = lseek(in, start, SEEK_HOLE);
        if (end < 0) fail(from);
        while (start < end) {
            size_t wanted = end - start < (off_t)sizeof buffer ? (size_t)(end - start) : sizeof buffer;
            ssize_t got = pread(in, buffer, wanted, start);
            if (got <= 0 || pwrite(out, buffer, got, start) != got) fail(to);
            start += got;
        }
    }
    close(in);
    close(out);
}

static void cut(void) {
    char path[NAME];
    snprintf(path, sizeof path, "%s/%d.acknowledged", setting("CUT_COPIES"), copy_count);
    copy(setting("CUT_ACKNOWLEDGED"), path);
    snprintf(path, sizeof path, "%s/%d.img", setting("CUT_COPIES"), copy_count);
    copy(setting("CUT_IMAGE"), path);
    copy_count++;
}

static struct synced *synced(const struct statx *found) {
    for (int i = 0; i < file_count; i++) {
        if (files[i].inode == found->stx_ino && files[i].born_seconds == found->stx_btime.tv_sec &&
            files[i].born_nanoseconds == found->stx_btime.tv_nsec)
            return &files[i];
    }
    if (file_count == FILES) {
        errno = EMFILE;
        fail("more files than this knows");
    }
    files[file_count] =
        (struct synced){found->stx_ino, found->stx_btime.tv_sec, found->stx_btime.tv_nsec, 0};
    return &files[file_count++];
}

static int sync_with_cut(const char *name, int fd) {
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    struct statx found;
    pthread_mutex_lock(&lock);
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &found)) fail("statx");
    struct synced *file = synced(&found);
    int has_grown = S_ISREG(found.stx_mode) && found.stx_size > file->length;
    if (has_grown) {
        if (sync_file_range(fd, 0, 0,
                            SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER))
            fail("sync_file_range");
    }
    if (has_grown || ++sync_count % atoi(setting("CUT_EVERY")) == 0) cut();
    int result = sync(fd);
    if (!result) file->length = found.stx_size;
    pthread_mutex_unlock(&lock);
    return result;
}

int fdatasync(int fd) { return sync_with_cut("fdatasync", fd); }

int fsync(int fd) { return sync_with_cut("fsync", fd); }
