/* Makes a program's process: clones the zygote and takes away from the child, before anything of the program is
 * there, all that a program must not have. In C because every line that a fresh child runs in Python touches pages
 * that are then copied for it: a hundred of them, half a millisecond a program.
 *
 * A child that cannot be confined says why on its stderr and "!" on the trouble pipe, and exits with
 * TROUBLE_STATUS. The other end of that pipe is the zygote's; a program never holds it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS 5 /* stdin, stdout, stderr, result, socket */
#define TROUBLE_STATUS 111
#define FREE_FD 900 /* above every descriptor that the zygote holds */
#define MAX_FD 4096
#define MAX_PROCESSES 64 /* processes and threads of one program: numpy needs more than 16 */
#define MAX_OPEN_FILES 256

struct spawn {
    uint64_t flags;          /* of clone(2): the namespaces */
    const char *tmp_options; /* of the tmpfs at /tmp */
    const void *filter;      /* struct sock_fprog of the seccomp filter */
    uint64_t memory_bytes, file_bytes, cpu_seconds;
    uint32_t uid;
    int32_t trouble;                  /* descriptor of the trouble pipe */
    int32_t descriptors[DESCRIPTORS]; /* what becomes 0, 1, 2 and so on; -1 for none */
};

static void give_up(int trouble, const char *what)
{
    char text[200];
    int size = snprintf(text, sizeof text, "%s: %s\n", what, strerror(errno));
    if (write(STDERR_FILENO, text, size) < 0 || write(trouble, "!", 1) < 0)
        _exit(TROUBLE_STATUS);
    _exit(TROUBLE_STATUS);
}

static int limit(int resource, uint64_t soft, uint64_t hard)
{
    struct rlimit both = {soft, hard};
    return setrlimit(resource, &both);
}

static void close_from(unsigned first)
{
    if (syscall(SYS_close_range, first, ~0U, 0) == 0)
        return;
    for (int fd = first; fd < MAX_FD; fd++) /* a kernel before 5.9 */
        close(fd);
}

/* The child's descriptors are 0..4 and, until it is confined, the trouble pipe at 5. */
static int keep_descriptors(const struct spawn *wanted)
{
    int moved[DESCRIPTORS];
    int trouble = fcntl(wanted->trouble, F_DUPFD, FREE_FD);
    for (int i = 0; i < DESCRIPTORS; i++)
        moved[i] = wanted->descriptors[i] < 0 ? -1 : fcntl(wanted->descriptors[i], F_DUPFD, FREE_FD);
    for (int i = 0; i < DESCRIPTORS; i++)
        if (moved[i] >= 0)
            dup2(moved[i], i);
        else
            close(i);
    dup2(trouble, DESCRIPTORS);
    close_from(DESCRIPTORS + 1);
    return DESCRIPTORS;
}

static void confine(const struct spawn *wanted, int trouble)
{
    if (mount("tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, wanted->tmp_options) || chdir("/tmp"))
        give_up(trouble, "/tmp");
    if (limit(RLIMIT_CPU, wanted->cpu_seconds, wanted->cpu_seconds + 1) ||
        limit(RLIMIT_AS, wanted->memory_bytes, wanted->memory_bytes) ||
        limit(RLIMIT_FSIZE, wanted->file_bytes, wanted->file_bytes) ||
        limit(RLIMIT_NPROC, MAX_PROCESSES, MAX_PROCESSES) || limit(RLIMIT_NOFILE, MAX_OPEN_FILES, MAX_OPEN_FILES) ||
        limit(RLIMIT_CORE, 0, 0) || limit(RLIMIT_MEMLOCK, 0, 0))
        give_up(trouble, "limits");
    /* System calls, not libc's functions: those would signal to threads that a clone does not have. */
    if (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, wanted->uid, wanted->uid, wanted->uid) ||
        syscall(SYS_setresuid, wanted->uid, wanted->uid, wanted->uid))
        give_up(trouble, "user id");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, wanted->filter, 0, 0))
        give_up(trouble, "seccomp");
}

/* Returns the child's pid, 0 in the child, or minus the number of the error. */
long spawn(const struct spawn *wanted)
{
    long pid = syscall(SYS_clone, wanted->flags | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid < 0)
        return -errno;
    if (pid == 0) {
        int trouble = keep_descriptors(wanted);
        confine(wanted, trouble);
        close(trouble);
    }
    return pid;
}
