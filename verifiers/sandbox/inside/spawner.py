"""Asks the template for confined processes. The template is a process of its own that runs the loop of spawn.c."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, RUF100, S108
# pyright: basic, reportAttributeAccessIssue=false
import ctypes
import os
import random
import socket
import struct
import sys
import threading

import confine

LIBRARY = "/usr/lib/stillroom/spawn.so"
ORDER = struct.Struct("=QQQII128s")  # memory, file bytes, CPU seconds, uid, whether there is a socket, tmpfs options
PID = struct.Struct("=q")
TMP_BYTES = 32 << 20
TMP_INODES = 4_096


class _Template(ctypes.Structure):
    """``struct template`` of spawn.c."""

    _fields_ = (
        ("namespaces", ctypes.c_uint64),
        ("filter", ctypes.c_void_p),
        ("orders", ctypes.c_int32),
        ("trouble", ctypes.c_int32),
    )


def start_template(trouble, become_program):
    """Fork the template; returns the zygote's end of the socket to it.

    Args:
        trouble: write end of the pipe on which a child says that it could not be confined.
        become_program: what every confined child calls; it must not return.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() != 0:
        theirs.close()
        return ours
    ours.close()
    os.close(0)  # the driver's stream is the zygote's alone
    os.close(1)
    code = confine.seccomp_program()
    kept = ctypes.create_string_buffer(code, len(code))
    filter_ = ctypes.create_string_buffer(struct.pack("@HxxxxxxQ", len(code) // 8, ctypes.addressof(kept)))
    template = _Template(
        namespaces=confine.PROGRAM_NAMESPACES,
        filter=ctypes.addressof(filter_),
        orders=theirs.fileno(),
        trouble=trouble,
    )
    # Python's hooks around a fork are left out: they mend locks and threads, of which there are none here, and touch
    # 220 pages. What they would change for a program is settled once: ``random`` begins in one and the same state,
    # and the first process of a PID namespace is number 1.
    random.seed(0)
    threading.main_thread()._native_id = 1
    try:
        ctypes.PyDLL(LIBRARY).serve(ctypes.byref(template))  # PyDLL: the GIL stays held, so it is safe to clone
        become_program()
    finally:
        os._exit(1)


class Spawner:
    """The zygote's side: one order, one answer."""

    def __init__(self, template):
        self._template = template

    def spawn(self, uid, descriptors, joined, *, memory_bytes, file_bytes, cpu_seconds):
        """The pid of a new confined process, a child of this one.

        Args:
            uid: who it is, in the zygote's user namespace.
            descriptors: what becomes its stdin, stdout, stderr and result, and the file of its job.
            joined: the socket to its partner, or None.
            memory_bytes: its address space.
            file_bytes: the largest file, and so output, that it may write.
            cpu_seconds: after which the kernel ends it, where the zygote has not.
        """
        options = f"mode=700,uid={uid},gid={uid},size={TMP_BYTES},nr_inodes={TMP_INODES}"
        has_socket = joined is not None
        order = ORDER.pack(memory_bytes, file_bytes, cpu_seconds, uid, has_socket, options.encode())
        *streams, job = descriptors
        socket.send_fds(self._template, [order], [*streams, *([joined.fileno()] if has_socket else ()), job])
        answer = self._template.recv(PID.size)
        if len(answer) != PID.size:
            sys.exit("the template is gone")
        pid = PID.unpack(answer)[0]
        if pid < 0:
            raise OSError(-pid, f"clone: {os.strerror(-pid)}")
        return pid
