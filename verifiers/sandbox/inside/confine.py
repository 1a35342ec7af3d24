"""Takes away what a program under test must not have: namespaces, a root of its own, a filter of system calls.

The zygote enters its user namespace and its root once; what each program gives up besides is done by spawn.c.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN201, ANN202, ANN204, D402, S108
# pyright: basic
import ctypes
import os
import platform
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
PROGRAM_NAMESPACES = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC
ALL_NAMESPACES = 0x7E020000  # NS, CGROUP, UTS, IPC, USER, PID, NET

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1,
    2,
    4,
    8,
    32,
    4096,
    16384,
    1 << 18,
)
MNT_DETACH = 2
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2

FIRST_HOST_UID = 100_000  # the ids 0..65535 of the zygote's user namespace are these on the host
ID_COUNT = 65_536
FIRST_PROGRAM_UID = 1_000  # as in keeper.py
STDIN_COPY = "/tmp/.stdin"  # as in runner.py

libc = ctypes.PyDLL(None, use_errno=True)

ARCH = platform.machine()
# System calls by name: (x86_64, aarch64). Refused with EPERM whatever their arguments. The template makes its children
# with clone and mount; it gives up all others itself, and each program inherits that for nothing.
_LEFT_TO_THE_TEMPLATE = {"mount": (165, 40)}
_REFUSED = {
    "execve": (59, 221), "execveat": (322, 281), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "kcmp": (312, 272), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "setns": (308, 268),
    "unshare": (272, 97), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242), "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190),
    "mq_open": (240, 180), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "seccomp": (317, 277), "personality": (135, 92),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "fanotify_init": (300, 262),
    "inotify_init1": (294, 26), "quotactl": (179, 60), "syslog": (103, 116), "acct": (163, 89), "reboot": (169, 142),
    "swapon": (167, 224), "init_module": (175, 105), "finit_module": (313, 273), "kexec_load": (246, 104),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "move_pages": (279, 239), "mbind": (237, 235),
    "vmsplice": (278, 75), "setpriority": (141, 140), "sched_setparam": (142, 118), "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
}  # fmt: skip
_CLONE = {"x86_64": 56, "aarch64": 220}[ARCH]
_CLONE3 = 435
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[ARCH]
_X32_BIT = 0x40000000

_LD_W_ABS, _JEQ_K, _JGE_K, _JSET_K, _RET_K = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_EPERM, _ENOSYS = 1, 38


def call(name, *arguments):
    """Call a libc function; raise OSError where it returns -1."""
    result = getattr(libc, name)(*arguments)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def mount(source, target, kind, flags, options=None):
    """mount(2) with text arguments."""
    call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() if options else None,
    )


class Filter:
    """A filter of system calls, ready for ``prctl(PR_SET_SECCOMP)``; ``address`` is that of its sock_fprog."""

    def __init__(self, code):
        self._code = ctypes.create_string_buffer(code, len(code))
        head = struct.pack("@HxxxxxxQ", len(code) // 8, ctypes.addressof(self._code))
        self._program = ctypes.create_string_buffer(head)
        self.address = ctypes.addressof(self._program)

    def install(self):
        """Put this process, and all that come from it, under the filter."""
        call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        call("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_void_p(self.address), 0, 0)


def template_filter():
    """What neither the template nor a program may do."""
    return Filter(_filter_code(_REFUSED, []))


def program_filter():
    """What a program may not do besides: what the template makes programs' processes with."""
    return Filter(_filter_code(_LEFT_TO_THE_TEMPLATE, [(_JEQ_K, _CLONE, 3)]))


def _filter_code(refused, more):
    """A BPF program that refuses these calls; ``more`` are further tests: instruction, operand, place in the tail."""
    numbers = sorted({each[ARCH == "aarch64"] for each in refused.values()})
    code = [
        (_LD_W_ABS, 0, 0, 4),  # seccomp_data.arch
        (_JEQ_K, 1, 0, _AUDIT_ARCH),
        (_RET_K, 0, 0, _KILL),
        (_LD_W_ABS, 0, 0, 0),  # seccomp_data.nr
    ]
    tail = [
        (_RET_K, 0, 0, _ALLOW),
        (_RET_K, 0, 0, _ERRNO | _EPERM),
        (_RET_K, 0, 0, _ERRNO | _ENOSYS),
        (_LD_W_ABS, 0, 0, 16),  # the low half of clone's flags
        (_JSET_K, 0, 1, ALL_NAMESPACES),
        (_RET_K, 0, 0, _ERRNO | _EPERM),
        (_RET_K, 0, 0, _ALLOW),
    ]
    tests = [(_JGE_K, _X32_BIT, 1), (_JEQ_K, _CLONE3, 2), *more, *((_JEQ_K, number, 1) for number in numbers)]
    for position, (kind, number, goal) in enumerate(tests):
        distance = len(tests) - position - 1 + goal
        code.append((kind, distance, 0, number))
    code += tail
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def enter_user_namespace():
    """Become root of a new user namespace whose ids are worthless outside; needs SETUID and SETGID."""
    ready, go = os.pipe()
    done, told = os.pipe()
    parent = os.getpid()
    helper = os.fork()
    if helper == 0:
        os.close(go)
        os.read(ready, 1)
        try:
            for kind in ("gid_map", "uid_map"):
                with open(f"/proc/{parent}/{kind}", "w") as file:
                    file.write(f"0 {FIRST_HOST_UID} {ID_COUNT}")
            os.write(told, b"+")
        except OSError as error:
            os.write(told, str(error).encode())
        os._exit(0)
    call("unshare", CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC)
    os.close(ready)
    os.write(go, b".")
    os.close(go)
    os.close(told)
    answer = os.read(done, 1000)
    os.close(done)
    os.waitpid(helper, 0)
    if answer != b"+":
        raise OSError(f"the user namespace could not be mapped: {answer.decode() or 'no answer'}")
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def enter_own_root():
    """Replace the container's file system by a read-only one without /proc, /sys and the protocol's files."""
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    box = "/box"
    mount("box", box, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64k")
    for folder in ("usr", "dev", "etc", "proc", "tmp"):
        os.mkdir(f"{box}/{folder}", 0o755)
    for name, target in (("lib", "usr/lib"), ("lib64", "usr/lib64"), ("bin", "usr/bin")):
        os.symlink(target, f"{box}/{name}")
    mount("/usr", f"{box}/usr", None, MS_BIND)
    for name in ("null", "zero", "urandom", "random"):
        with open(f"{box}/dev/{name}", "w"):
            pass
        mount(f"/dev/{name}", f"{box}/dev/{name}", None, MS_BIND)
    os.symlink("/tmp", f"{box}/dev/shm")
    os.symlink(STDIN_COPY, f"{box}/dev/stdin")  # elsewhere it leads into /proc
    with open(f"{box}/etc/passwd", "w") as file:
        file.write("root:x:0:0::/:/\n")
        file.writelines(f"program:x:{uid}:{uid}::/tmp:/\n" for uid in range(FIRST_PROGRAM_UID, FIRST_PROGRAM_UID + 64))
    mount("box", box, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.chdir(box)
    call("syscall", ctypes.c_long(155 if ARCH == "x86_64" else 41), b".", b".")  # pivot_root
    call("umount2", b".", MNT_DETACH)
    os.chdir("/")
