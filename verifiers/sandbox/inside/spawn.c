/* The template: a process that does nothing but clone itself into programs' processes, each of which it takes away
 * from, before anything of the program is there, all that a program must not have.
 *
 * In C because every line of Python that a fresh child runs touches pages that are then copied for it (a hundred of
 * them, half a millisecond a program), and every line that its parent runs between two clones does the same to the
 * parent. So the zygote asks for processes over a socket and keeps its books in a memory that is never cloned.
 *
 * A child that cannot be confined says why on its stderr and its user id on the trouble pipe, and exits with
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
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS 6 /* of a child: stdin, stdout, stderr, result, socket, job */
#define SOCKET 4
#define TROUBLE_STATUS 111
#define FREE_FD 900 /* above every descriptor that the template holds */
#define MAX_FD 4096
#define MAX_PROCESSES 64 /* processes and threads of one program: numpy needs more than 16 */
#define MAX_OPEN_FILES 256

/* One order, as spawner.py packs it; with it come the descriptors that become the child's 0, 1, 2, ... */
struct order {
    uint64_t memory_bytes, file_bytes, cpu_seconds;
    uint32_t uid, has_socket; /* whether the fifth descriptor is the socket, or the job already */
    char tmp_options[128];    /* of the tmpfs at /tmp */
};

/* What is the same for all children. */
struct template {
    uint64_t namespaces; /* flags of clone(2) */
    const void *filter;  /* struct sock_fprog of the seccomp filter */
    int32_t orders;      /* socket to the zygote */
    int32_t trouble;     /* descriptor of the trouble pipe */
};

static void give_up(int trouble, uint32_t uid, const char *what)
{
    char text[200];
    int size = snprintf(text, sizeof text, "%s: %s\n", what, strerror(errno));
    if (write(STDERR_FILENO, text, size) < 0 || write(trouble, &uid, sizeof uid) < 0)
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

/* The child's descriptors are 0..5 and, until it is confined, the trouble pipe at 6. */
static int keep_descriptors(const int *received, int has_socket, int trouble)
{
    int moved[DESCRIPTORS];
    for (int i = 0, next = 0; i < DESCRIPTORS; i++)
        moved[i] = i == SOCKET && !has_socket ? -1 : fcntl(received[next++], F_DUPFD, FREE_FD);
    trouble = fcntl(trouble, F_DUPFD, FREE_FD);
    for (int i = 0; i < DESCRIPTORS; i++)
        if (moved[i] >= 0)
            dup2(moved[i], i);
        else
            close(i);
    dup2(trouble, DESCRIPTORS);
    close_from(DESCRIPTORS + 1);
    return DESCRIPTORS;
}

static void confine(const struct order *wanted, const void *filter, int trouble)
{
    if (mount("tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, wanted->tmp_options) || chdir("/tmp"))
        give_up(trouble, wanted->uid, "/tmp");
    if (limit(RLIMIT_CPU, wanted->cpu_seconds, wanted->cpu_seconds + 1) ||
        limit(RLIMIT_AS, wanted->memory_bytes, wanted->memory_bytes) ||
        limit(RLIMIT_FSIZE, wanted->file_bytes, wanted->file_bytes) ||
        limit(RLIMIT_NPROC, MAX_PROCESSES, MAX_PROCESSES) || limit(RLIMIT_NOFILE, MAX_OPEN_FILES, MAX_OPEN_FILES) ||
        limit(RLIMIT_CORE, 0, 0) || limit(RLIMIT_MEMLOCK, 0, 0))
        give_up(trouble, wanted->uid, "limits");
    /* System calls, not libc's functions: those would signal to threads that a clone does not have. */
    if (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, wanted->uid, wanted->uid, wanted->uid) ||
        syscall(SYS_setresuid, wanted->uid, wanted->uid, wanted->uid))
        give_up(trouble, wanted->uid, "user id");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, filter, 0, 0))
        give_up(trouble, wanted->uid, "seccomp");
}

/* The next order and its descriptors; ends the template where the zygote is gone. */
static int receive(int socket, struct order *wanted, int *received)
{
    char space[CMSG_SPACE(sizeof(int) * DESCRIPTORS)];
    struct iovec data = {wanted, sizeof *wanted};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    ssize_t size;
    while ((size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (size != sizeof *wanted || head == NULL || head->cmsg_type != SCM_RIGHTS)
        _exit(0);
    int count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(received, CMSG_DATA(head), count * sizeof(int));
    return count;
}

/* Makes a process for each order, a child of the zygote and not of the template, and answers with its pid (minus the
 * number of the error). Returns in the confined children alone. */
void serve(const struct template *self)
{
    for (;;) {
        struct order wanted;
        int received[DESCRIPTORS];
        int count = receive(self->orders, &wanted, received);
        int64_t pid = syscall(SYS_clone, self->namespaces | CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
        if (pid == 0) {
            int trouble = keep_descriptors(received, wanted.has_socket, self->trouble);
            confine(&wanted, self->filter, trouble);
            close(trouble);
            return;
        }
        if (pid < 0)
            pid = -errno;
        for (int i = 0; i < count; i++)
            close(received[i]);
        if (write(self->orders, &pid, sizeof pid) != sizeof pid)
            _exit(0);
    }
}
