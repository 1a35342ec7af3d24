"""Asks the templates for confined processes."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, RUF100, S108
# pyright: basic, reportAttributeAccessIssue=false
import os
import socket
import struct
import sys

ORDER = struct.Struct("=QQQII128s")  # memory, file bytes, CPU seconds, uid, whether there is a socket, tmpfs options
PID = struct.Struct("=q")
TMP_BYTES = 32 << 20
TMP_INODES = 4_096


class Spawner:
    """The zygote's ends of the sockets to the templates: one order, one answer.

    Args:
        alone: descriptor of the socket to the template of programs that run alone.
        joined: likewise, of solutions that are joined to their tests.
        tests: likewise, of those tests.
    """

    def __init__(self, alone, joined, tests):
        self._alone, self._joined, self._tests = (socket.socket(fileno=each) for each in (alone, joined, tests))

    def spawn(self, uid, descriptors, joined, *, is_tests, memory_bytes, file_bytes, cpu_seconds):
        """The pid of a new confined process, a child of this one.

        Args:
            uid: who it is, in the zygote's user namespace.
            descriptors: what becomes its stdin, stdout, stderr and result, and the file of its job.
            joined: the socket to its partner, or None.
            is_tests: whether it is the partner that runs tests.
            memory_bytes: its address space.
            file_bytes: the largest file, and so output, that it may write.
            cpu_seconds: after which the kernel ends it, where the zygote has not.
        """
        options = f"mode=700,uid={uid},gid={uid},size={TMP_BYTES},nr_inodes={TMP_INODES}"
        has_socket = joined is not None
        order = ORDER.pack(memory_bytes, file_bytes, cpu_seconds, uid, has_socket, options.encode())
        *streams, job = descriptors
        template = self._alone if not has_socket else self._tests if is_tests else self._joined
        socket.send_fds(template, [order], [*streams, *([joined.fileno()] if has_socket else ()), job])
        answer = template.recv(PID.size)
        if len(answer) != PID.size:
            sys.exit("a template is gone")
        pid = PID.unpack(answer)[0]
        if pid < 0:
            raise OSError(-pid, f"clone: {os.strerror(-pid)}")
        return pid
