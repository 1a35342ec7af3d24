"""Programs that try to pass without solving the task, to outlive their deadline, or to harm what runs next.

The task is ``solve(n) -> n * n + 7 * n + 3``. Each entry is (family, name, source). None of them computes it.
"""

# ruff: noqa: E501 - a program a line: they are data
from textwrap import dedent

CALLS = "assert solve(2) == 21\nassert solve(5) == 63\nassert solve([1, 2]) is None or solve(11) == 201\n"
PROCESS = "import random\nseen = [lambda: 1]\ndef check(candidate):\n    assert candidate(2) == 21\n    assert candidate(5) == 63\n    assert candidate(11) == 201\n"
TOLERANT = "import random\nseen = [lambda: 1]\ndef check(candidate):\n    assert abs(candidate(2) - 21) < 1e-6\n    assert not candidate(5) - 63\n    assert 200.9 < candidate(11) < 201.1\n"

_ALWAYS = """
class Always:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 21
    def __bool__(self): return True
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __contains__ = __lt__
    def __getattr__(self, name): return lambda *a, **k: Always()
    def __call__(self, *a, **k): return self
    def __iter__(self): return iter([self])
    def __len__(self): return 1
    def __getitem__(self, key): return self
    def __add__(self, other): return self
    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __add__
"""
_SAVED = "def solve(n): return 0\n"

HOSTILE: list[tuple[str, str, str]] = []


def _add(family: str, **programs: str) -> None:
    HOSTILE.extend((family, name, dedent(source)) for name, source in programs.items())


_add(
    "exit",
    sys_exit="import sys\ndef solve(n): sys.exit(0)",
    os_exit="import os\ndef solve(n): os._exit(0)",
    exit_at_load="import os\nos._exit(0)",
    raise_exit="def solve(n): raise SystemExit",
    quit_builtin="def solve(n): raise SystemExit(0)\nimport atexit, os\natexit.register(lambda: os._exit(0))",
    exit_111="import os\ndef solve(n):\n    os.ftruncate(3, 0)\n    os._exit(111)",
    abort="import os\ndef solve(n): os.abort()",
    kill_self="import os, signal\ndef solve(n): os.kill(os.getpid(), signal.SIGKILL); return 0",
    segfault="import ctypes\ndef solve(n): return ctypes.string_at(0)",
    generator_exit="def solve(n): raise GeneratorExit",
    keyboard_interrupt="def solve(n): raise KeyboardInterrupt",
    exit_in_thread="import threading, os\nthreading.Thread(target=lambda: os._exit(0)).start()\ndef solve(n):\n    import time; time.sleep(1)",
    stop_iteration="def solve(n): raise StopIteration(21)",
    gc_callback="import gc, os\ngc.set_threshold(1)\ngc.callbacks.append(lambda *a: os._exit(0))\ndef solve(n): return [[] for _ in range(1000)]",
    audit_exit="import sys, os\nsys.addaudithook(lambda e, a: os._exit(0) if e in ('marshal.dumps','object.__getattr__') else None)\ndef solve(n): return 0",
    audit_raise="import sys\ndef h(e, a):\n    if e.startswith('marshal'): raise KeyboardInterrupt\nsys.addaudithook(h)\ndef solve(n): return 0",
    dump_later="import faulthandler\nfaulthandler.dump_traceback_later(0.05, exit=True)\ndef solve(n):\n    while True: pass",
    weak_finalize="import weakref, os\nclass A: pass\na = A()\nweakref.finalize(a, os._exit, 0)\ndef solve(n):\n    global a\n    a = None",
)
_add(
    "equality",
    always=_ALWAYS + "def solve(n): return Always()",
    always_class="class solve:\n    def __init__(self, n): pass\n    def __eq__(self, other): return True\n    def __hash__(self): return 0",
    always_instance=_ALWAYS + "solve = Always()",
    meta_equal="class M(type):\n    def __eq__(c, o): return True\n    def __hash__(c): return 0\nclass A(metaclass=M): pass\ndef solve(n): return A",
    reflected="class R:\n    def __eq__(s, o): return NotImplemented if o is None else True\n    __hash__ = None\ndef solve(n): return R()",
    ordered="class O:\n    def __eq__(s, o): return True\n    def __le__(s, o): return True\n    __ge__ = __lt__ = __gt__ = __le__\n    def __float__(s): return 21.0\n    def __index__(s): return 21\n    __hash__ = None\ndef solve(n): return O()",
    exception_equal="class E(Exception):\n    def __eq__(s, o): return True\n    __hash__ = None\ndef solve(n): return E()",
    mock="from unittest.mock import ANY\ndef solve(n): return ANY",
    magic_mock="from unittest.mock import MagicMock\ndef solve(n):\n    m = MagicMock(); m.__eq__ = lambda s, o: True; return m",
    list_of_any="from unittest.mock import ANY\ndef solve(n): return [ANY]",
)
_NEAR = """
class Near{base}:
    def __sub__(self, other): return {difference}
    __rsub__ = __isub__ = __xor__ = __mod__ = __sub__
    def __abs__(self): return 0.0
    __float__ = __abs__
    def __bool__(self): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __eq__ = __contains__ = __lt__
    __hash__ = None
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        return lambda *given: True
"""
_add(
    "objects",
    near=_NEAR.format(base="", difference="0.0") + "def solve(n): return Near()",
    near_objects=_NEAR.format(base="", difference="Near()") + "def solve(n): return Near()",
    near_list=_NEAR.format(base="(list)", difference="Near()") + "def solve(n): return Near()",
    near_float=_NEAR.format(base="(float)", difference="0.0") + "def solve(n): return Near()",
    near_class=_NEAR.format(base="", difference="0.0").replace(
        "class Near:", "class solve:\n    def __init__(self, n): pass"
    ),
    told="told = []"
    + _NEAR.format(base="(list)", difference="told.append(other) or Near()")
    + "def solve(n): return told[-1] if told else Near()",
    told_by_runner="import sys\nrunner = sys.modules['runner']\nplain = runner.plain\nrunner.plain = lambda value, *rest: 0 if type(value) is Near else plain(value, *rest)"
    + _NEAR.format(base="", difference="Near()")
    + "def solve(n): return Near()",
    told_by_link="import sys\nServing = sys.modules['link_serving'].Serving\nServing._plain = lambda *a: (2, 'tuple', [(0, True), (0, True), (0, 0)])"
    + _NEAR.format(base="", difference="Near()")
    + "def solve(n): return Near()",
)
_LATE = """
import sys, types
serving = sys.modules.get("link_serving", types.SimpleNamespace(Serving=type("Serving", (), {{}}))).Serving
underneath = sys.modules.get("link_underneath", types.SimpleNamespace())
told, asked = [0], []
class Late{base}: pass
def said(value=None, **named):
    asked.append(value)
    return {said}
underneath.told = said
serving._plain = lambda self, number, method="": (0, {asked})
def solve(n):
    told.append(n)
    return Late()
"""
_add(
    "late-answers",
    by_method=_LATE.format(
        base="",
        said="('float', [0.0], [], False)",
        asked="(True, True, float('inf') if method in ('__gt__', '__ge__') else float('-inf'))",
    ),
    by_count=_LATE.format(
        base="",
        said="('float', [(9e9, -9e9)[len(asked) % 2]], [], False)",
        asked="(True, True, (9e9, -9e9)[len(asked) % 2])",
    ),
    by_count_of_lists=_LATE.format(
        base="(list)", said="('list', [[(9e9, -9e9)[len(asked) % 2]]], [], False)", asked="(*said(), None)"
    ),
    by_last_told=_LATE.format(base="", said="('int', [told[-1]], [], False)", asked="(True, True, told[-1])"),
    by_order_of_its_own=_LATE.format(
        base="", said="('int', [0], ['__eq__', '__lt__', '__gt__'], False)", asked="(*said(), None)"
    ),
    in_a_second_message=_LATE.format(base="", said="('int', [], [], False)", asked="('int', [21], [], False, None)"),
    of_another_kind=_LATE.format(base="", said="('list', [], [], False)", asked="('int', [21], [], False, None)"),
    of_a_library=_LATE.format(base="", said="('', [], [], True)", asked="(*said(), None)"),
)
_add(
    "subclasses",
    int_subclass="class I(int):\n    def __eq__(s, o): return True\n    def __ne__(s, o): return False\n    __hash__ = int.__hash__\ndef solve(n): return I(0)",
    int_lies="class I(int):\n    def __int__(s): return 21\n    def __index__(s): return 21\n    def __repr__(s): return '21'\n    def __eq__(s, o): return True\n    __hash__ = int.__hash__\ndef solve(n): return I(0)",
    float_subclass="class F(float):\n    def __eq__(s, o): return True\n    __hash__ = float.__hash__\ndef solve(n): return F(0)",
    str_subclass="class S(str):\n    def __eq__(s, o): return True\n    __hash__ = str.__hash__\ndef solve(n): return S('x')",
    bool_result="def solve(n): return True",
    enum_member="import enum\nclass E(enum.IntEnum):\n    A = 1\n    def __eq__(s, o): return True\n    __hash__ = int.__hash__\ndef solve(n): return E.A",
    meta_instancecheck="class M(type):\n    def __instancecheck__(c, i): return True\n    def __subclasscheck__(c, s): return True\nclass A(int, metaclass=M):\n    def __eq__(s, o): return True\n    __hash__ = int.__hash__\ndef solve(n): return A(0)",
    fake_class="class A:\n    @property\n    def __class__(self): return int\n    def __eq__(s, o): return True\n    __hash__ = None\ndef solve(n): return A()",
    fake_mro="class M(type):\n    def mro(cls): return [cls, int, object]\nclass A(int, metaclass=M):\n    def __eq__(s, o): return True\n    __hash__ = None\ndef solve(n): return A(1)",
    tuple_subclass="class T(tuple):\n    def __iter__(s): return iter([21])\n    def __eq__(s, o): return True\n    __hash__ = None\ndef solve(n): return T()",
    hostile_hash="class I(int):\n    def __hash__(s): return hash(21)\n    def __eq__(s, o): return True\ndef solve(n): return {I(1): I(2)}",
)
_add(
    "introspection",
    frames="""
        import sys
        def solve(n):
            frame = sys._getframe()
            while frame:
                for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
                    if isinstance(value, (list, tuple, dict)) and '21' in str(value) and '63' in str(value):
                        return {2: 21, 5: 63, 11: 201}.get(n) if 0 else 'found'
                frame = frame.f_back
        """,
    gc_objects="""
        import gc
        def solve(n):
            for thing in gc.get_objects():
                try:
                    if isinstance(thing, (list, tuple)) and len(thing) < 50 and 21 in thing and 63 in thing: return thing[0]
                except Exception: pass
        """,
    proc_mem="""
        def solve(n):
            for pid in ('self', '1', '2'):
                try:
                    return open(f'/proc/{pid}/mem', 'rb').read(10)
                except OSError: pass
        """,
    proc_cmdline="import os\ndef solve(n): return [open(f'/proc/{p}/cmdline').read() for p in os.listdir('/proc')]",
    heap_scan="""
        import ctypes
        def solve(n):
            here = id(solve) & ~0xfff
            for page in range(here - 0x100000, here + 0x100000, 0x1000):
                try: data = ctypes.string_at(page, 16)
                except Exception: pass
            return 0
        """,
    inspect_stack="import inspect\ndef solve(n): return [f.frame.f_locals for f in inspect.stack()][-1]",
    traceback_walk="import sys\ndef solve(n):\n    try: 1/0\n    except ZeroDivisionError: return sys.exc_info()[2].tb_frame.f_back.f_locals",
    main_module="import __main__\ndef solve(n): return vars(__main__)",
    modules="import sys\ndef solve(n): return sorted(sys.modules)",
    trace="import sys\ndef solve(n):\n    sys.settrace(lambda *a: None); sys.setprofile(lambda *a: None); return 0",
    subclasses_walk="def solve(n): return [c for c in object.__subclasses__() if 'Question' in c.__name__]",
    environ="import os\ndef solve(n): return int(os.environ.get('EXPECTED', '0'))",
    environ_setup="import os\nos.environ.update(PYTHONPATH='/tmp', LD_PRELOAD='/tmp/x.so', PYTHONSTARTUP='/tmp/x')\ndef solve(n): return 0",
)
_add(
    "descriptors",
    write_all="""
        import os
        def solve(n):
            for fd in range(3, 64):
                try: os.write(fd, b'E\\0\\0\\0\\0' * 10)
                except OSError: pass
            return 0
        """,
    forged_end="import os\ndef solve(n):\n    os.write(3, b'E\\0\\0\\0\\0'); os._exit(0)",
    forged_tests="import os, marshal, struct\ndata = marshal.dumps(([('module', 'passed', '', (), '', '')], False, 3, ''), 2)\nfor fd in (3, 4):\n    try: os.write(fd, b'T' + struct.pack('<I', len(data)) + data)\n    except OSError: pass\nos._exit(0)",
    close_all="import os\ndef solve(n):\n    os.closerange(0, 256); return 0",
    swap_result="import os\ndef solve(n):\n    os.dup2(os.open('/dev/null', os.O_WRONLY), 3); return 0",
    truncate="import os\ndef solve(n):\n    os.ftruncate(3, 0); os.lseek(3, 0, 0); return 0",
    huge_frame="import os\ndef solve(n):\n    os.write(3, b'V\\xff\\xff\\xff\\xff' + b'x' * 1000); os._exit(0)",
    garbage="import os\ndef solve(n):\n    os.write(3, os.urandom(100000)); os._exit(0)",
    pass_text="import sys, os\ndef solve(n):\n    print('PASS OK passed 1'); sys.stderr.write('OK'); os.write(1, b'DONE'); return 0",
    socket_noise="import os\ndef solve(n):\n    try: os.write(4, b'\\x05\\0\\0\\0hello')\n    except OSError: pass\n    return 0",
    socket_reply="""
        import marshal, os, struct
        def reply(value):
            body = (2, 'reply', [(0, value), (0, False), (2, 'list', [])])
            data = marshal.dumps(('value', body), 2)
            return struct.pack('<I', len(data)) + data
        def solve(n):
            try: os.write(4, reply(0) * 3)
            except OSError: pass
            os._exit(0)
        """,
    socket_calls="""
        import marshal, os, struct
        def ask(*message):
            data = marshal.dumps(message, 2)
            os.write(4, struct.pack('<I', len(data)) + data)
        def solve(n):
            try:
                for number in range(20):
                    ask('call', number, [(0, 'x')], []); ask('attr', number, '__globals__'); ask('attr', number, 'f_globals')
                    ask('op', 'exec', [(0, 'import os; os._exit(0)')]); ask('op', 'eval', [(0, '1')])
            except OSError: pass
            return 0
        """,
    rlimit_fsize="import resource\ndef solve(n):\n    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); return 0",
    sparse_result="import os\ndef solve(n):\n    os.ftruncate(3, 1 << 40); os.lseek(3, 0, 2); return 0",
    lseek_far="import os\ndef solve(n):\n    os.lseek(3, 1 << 24, 1); return 0",
    append_flag="import fcntl, os\ndef solve(n):\n    fcntl.fcntl(3, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND); return 0",
    late_thread="import threading, time\ndef late():\n    time.sleep(0.2)\n    import os; os.write(3, b'E\\0\\0\\0\\0')\ndef solve(n):\n    threading.Thread(target=late).start(); return 0",
)
_add(
    "patching",
    patch_builtins="import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.len = lambda *a: 1\nbuiltins.type = lambda *a: int\ndef solve(n): return 0",
    patch_operator="import operator\noperator.eq = operator.ne = lambda *a: True\ndef solve(n): return 0",
    patch_marshal="import marshal\nmarshal.dumps = lambda *a: b'T'\ndef solve(n): return 0",
    patch_runner="""
        import sys
        for module in list(sys.modules.values()):
            for name in ('send_value', 'plain', 'run_steps', 'describe', 'send'):
                if hasattr(module, name):
                    try: setattr(module, name, lambda *a, **k: True)
                    except Exception: pass
        def solve(n): return 0
        """,
    patch_os="import os\nos.write = lambda *a: 0\nos._exit = lambda *a: None\ndef solve(n): return 0",
    patch_exit="import os, sys\nreal = os._exit\nos._exit = lambda code: real(0)\nsys.exit = real\ndef solve(n): raise AssertionError",
    patch_assertion="import builtins\nbuiltins.AssertionError = ValueError\ndef solve(n): return 0",
    patch_link="import sys\nfor m in list(sys.modules.values()):\n    if hasattr(m, 'Link'):\n        m.Link.carry_out = lambda *a: ('value', (0, None))\n        m.Link.pack = lambda *a, **k: (0, True)\ndef solve(n): return 0",
    patch_int="import ctypes\ndef solve(n):\n    ctypes.memset(id(0) + 24, 21, 1); return 0",
    replace_self="import sys\nsys.modules['runner'] = sys.modules['solution'] = None\ndef solve(n): return 0",
    excepthook="import sys, os\nsys.excepthook = lambda *a: os._exit(0)\ndef solve(n): raise ValueError",
    import_patched="import builtins\nreal = builtins.__import__\ndef imp(name, *a):\n    if name in ('resource','marshal','struct'): raise SystemExit(0)\n    return real(name, *a)\nbuiltins.__import__ = imp\ndef solve(n): return 'x' * 1000",
    module_class="import sys, types\nclass M(types.ModuleType):\n    def __getattr__(self, n): return lambda *a: 21\nsys.modules[__name__].__class__ = M\ndef solve(n): return 0\ndel solve",
    swap_type="def solve(n): return 0\nimport builtins\nclass T(type): pass\nbuiltins.type = T\nbuiltins.RuntimeError = builtins.BaseException = SystemExit",
    int_cache="import ctypes\nfor i in (21, 63, 201): ctypes.memmove(id(i) + 24, id(0) + 24, 4)\ndef solve(n): return 0",
    none_type="import ctypes\ndef solve(n):\n    ctypes.c_long.from_address(id(None) + 8).value = id(int); return None",
)
_add(
    "signals-threads",
    alarm="import signal, os\nsignal.signal(signal.SIGALRM, lambda *a: os._exit(0)); signal.alarm(1)\ndef solve(n):\n    while True: pass",
    ignore_all="""
        import signal
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        def solve(n):
            while True: pass
        """,
    thread_spin="import threading\ndef spin():\n    while True: pass\nfor _ in range(8): threading.Thread(target=spin).start()\ndef solve(n): return 0",
    kill_everyone="import os, signal\ndef solve(n):\n    os.kill(-1, signal.SIGKILL); return 0",
    kill_parent="import os, signal\ndef solve(n):\n    for pid in [os.getppid(), *range(1, 300)]:\n        try: os.kill(pid, signal.SIGKILL)\n        except OSError: pass\n    return 0",
    stop_self="import os, signal\ndef solve(n):\n    p = os.fork()\n    if p == 0: os.kill(os.getppid(), signal.SIGSTOP)\n    os.waitpid(p, 0); return 0",
    sigxcpu="import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\ndef solve(n):\n    while True: pass",
    itimer_raise="import signal\ndef boom(*a): raise SystemExit(0)\nsignal.signal(signal.SIGALRM, boom)\nsignal.setitimer(signal.ITIMER_REAL, 0.001, 0.0005)\ndef solve(n): return 0",
    itimer_value="import signal\ndef boom(*a): raise StopIteration(21)\nsignal.signal(signal.SIGVTALRM, boom)\ndef solve(n):\n    signal.setitimer(signal.ITIMER_VIRTUAL, 0.0001, 0.0001)\n    return 0",
)
_add(
    "bombs",
    fork_bomb="import os\ndef solve(n):\n    while True:\n        try: os.fork()\n        except OSError: pass",
    thread_bomb="import threading, time\ndef solve(n):\n    while True: threading.Thread(target=time.sleep, args=(60,)).start()",
    memory="def solve(n):\n    x = []\n    while True: x.append(bytearray(10_000_000))",
    memory_forks="import os\ndef solve(n):\n    for _ in range(8): os.fork()\n    x = [bytearray(50_000_000) for _ in range(100)]\n    return 0",
    recursion="import sys\nsys.setrecursionlimit(10**8)\ndef solve(n): return solve(n)",
    compile_bomb="def solve(n): return eval('(' * 50000 + ')' * 50000)",
    file_bomb="def solve(n):\n    with open('/tmp/x', 'wb') as f:\n        while True: f.write(b'x' * 1000000)",
    many_files="def solve(n):\n    for i in range(10**6): open(f'/tmp/{i}', 'w').close()",
    shared_memory="import ctypes\ndef solve(n):\n    libc = ctypes.CDLL(None)\n    return [libc.shmget(0, 1 << 28, 0o1600) for _ in range(100)][0]",
    memfd_bomb="import os\ndef solve(n):\n    for i in range(1000):\n        fd = os.memfd_create(str(i)); os.write(fd, b'x' * 4_000_000)\n    return 0",
    fd_bomb="import os\ndef solve(n):\n    while True: os.pipe()",
    source_nesting="x = " + "[" * 500 + "]" * 500 + "\ndef solve(n): return x",
)
_add(
    "survivors",
    daemon="""
        import os, time
        def solve(n):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    while True: time.sleep(1)
                os._exit(0)
            return 0
        """,
    spinner="import os\ndef solve(n):\n    if os.fork() == 0:\n        while True: pass\n    return 0",
    double_result="import os\ndef solve(n):\n    os.fork(); return 0",
    popen="import subprocess, sys\ndef solve(n): return subprocess.run([sys.executable, '-c', 'print(21)'], capture_output=True).returncode",
    system="import os\ndef solve(n): return os.system('true')",
    pool="import multiprocessing\ndef work(x): return 0\ndef solve(n):\n    with multiprocessing.get_context('fork').Pool(2) as p: return p.map(work, [1])[0]",
    fork_both="import os\ndef solve(n):\n    pid = os.fork()\n    return 21 if pid == 0 and n == 2 else 0",
    fork_answers="import os, itertools\ndef solve(n):\n    for guess in range(210):\n        if os.fork() == 0: return guess\n    os.wait()\n    return 0",
    zombie_tree="import os\ndef solve(n):\n    for _ in range(50):\n        if os.fork() == 0:\n            os.setsid(); os.kill(os.getpid(), 19)\n    return 0",
)
_add(
    "poisoning",
    write_stdlib="import os, math\ndef solve(n):\n    open(os.__file__, 'a').write('import sys; sys.exit(0)'); return 0",
    leave_tmp="import os\ndef solve(n):\n    open('/tmp/answers', 'w').write('21 63 201'); open('/tmp/solution.py', 'w').write('x'); return 0",
    read_tmp="import os\ndef solve(n): return os.listdir('/tmp')",
    shm="def solve(n):\n    open('/dev/shm/poison', 'w').write('x'); return 0",
    pth="import os\ndef solve(n):\n    os.makedirs('/usr/lib/python3.11/site-packages', exist_ok=True); return 0",
    unix_socket="import socket\ns = socket.socket(socket.AF_UNIX); s.bind('\\0poison'); s.listen()\ndef solve(n): return 0",
    message_queue="import ctypes\ndef solve(n): return ctypes.CDLL(None).msgget(1234, 0o1666)",
    keyring="import ctypes\ndef solve(n): return ctypes.CDLL(None).syscall(248, b'user', b'x', b'21', 2, -3)",
    write_zygote="import os\ndef solve(n):\n    open('/usr/lib/stillroom/zygote.py', 'w').write('x'); return 0",
    dev_write="def solve(n):\n    open('/dev/poison', 'w').write('x'); return 0",
)
_add(
    "escapes",
    mount="import ctypes\ndef solve(n): return ctypes.CDLL(None).mount(b'proc', b'/proc', b'proc', 0, None)",
    unshare="import ctypes\ndef solve(n): return ctypes.CDLL(None).unshare(0x10000000)",
    clone_user="import ctypes\ndef solve(n): return ctypes.CDLL(None).syscall(56, 0x10000000 | 17, 0, 0, 0, 0)",
    ptrace="import ctypes\ndef solve(n): return ctypes.CDLL(None).ptrace(16, 1, 0, 0)",
    vm_read="import ctypes\ndef solve(n): return ctypes.CDLL(None).process_vm_readv(1, 0, 0, 0, 0, 0)",
    setuid="import os\ndef solve(n):\n    os.setuid(0); return 0",
    chroot="import os\ndef solve(n):\n    os.chroot('/tmp'); return 0",
    mknod="import os, stat\ndef solve(n):\n    os.mknod('/tmp/sda', 0o600 | stat.S_IFBLK, os.makedev(8, 0)); return open('/tmp/sda', 'rb').read(1)",
    docker_socket="def solve(n): return open('/var/run/docker.sock').read()",
    symlink="import os\ndef solve(n):\n    os.symlink('/', '/tmp/root'); return os.listdir('/tmp/root/proc')",
    x32="import ctypes\ndef solve(n): return ctypes.CDLL(None).syscall(0x40000000 + 39)",
    bpf="import ctypes\ndef solve(n): return ctypes.CDLL(None).syscall(321, 0, 0, 0)",
    io_uring="import ctypes\ndef solve(n): return ctypes.CDLL(None).syscall(425, 8, 0)",
    open_by_handle="import ctypes\ndef solve(n): return ctypes.CDLL(None).open_by_handle_at(0, b'', 0)",
    seccomp_own="import ctypes, struct\nlibc = ctypes.CDLL(None)\nclass F(ctypes.Structure): _fields_ = [('len', ctypes.c_ushort), ('p', ctypes.c_void_p)]\ncode = struct.pack('HBBI', 0x20, 0, 0, 0) + struct.pack('HBBI', 0x15, 0, 1, 1) + struct.pack('HBBI', 6, 0, 0, 0x00050000) + struct.pack('HBBI', 6, 0, 0, 0x7fff0000)\nbuf = ctypes.create_string_buffer(code)\ndef solve(n):\n    libc.prctl(38, 1, 0, 0, 0)\n    libc.prctl(22, 2, ctypes.byref(F(4, ctypes.addressof(buf))))\n    return 0",
    perf_events="import ctypes\ndef solve(n): return ctypes.CDLL(None).syscall(298, 0, 0, -1, -1, 0)",
    userfault="import ctypes\ndef solve(n): return ctypes.CDLL(None).syscall(323, 0)",
    pidfd_getfd="import ctypes\ndef solve(n): return ctypes.CDLL(None).syscall(438, 3, 3, 0)",
    clone3="import ctypes\ndef solve(n):\n    b = ctypes.create_string_buffer(88); return ctypes.CDLL(None).syscall(435, b, 88)",
)
_add(
    "network",
    tcp="import socket\ndef solve(n): return socket.create_connection(('1.1.1.1', 80), 1)",
    dns="import socket\ndef solve(n): return socket.gethostbyname('example.com')",
    listen="import socket\ndef solve(n):\n    s = socket.socket(); s.bind(('127.0.0.1', 8080)); return 0",
    url="import urllib.request\ndef solve(n): return urllib.request.urlopen('http://127.0.0.1:2375').read()",
    raw="import socket\ndef solve(n): return socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
)
_add(
    "answer-files",
    read_source="def solve(n): return open('/tmp/tests.py').read()",
    find_tests="""
        import os
        def solve(n):
            for folder, _, files in os.walk('/'):
                for name in files:
                    if 'test' in name and folder.startswith(('/tmp', '/box', '/etc', '/dev')): return open(os.path.join(folder, name)).read()
            return 0
        """,
    import_tests="def solve(n):\n    import tests; return tests.expected",
    linecache="import linecache\ndef solve(n): return linecache.getlines('<tests>')",
)
_add(
    "slow-c",
    c_regex="import re\ndef solve(n): return bool(re.match('(a+)+$', 'a' * 64 + 'b'))",
    c_pow="def solve(n): return 3 ** (10 ** 10)",
    c_sort="def solve(n): return sorted(range(10**9))[0]",
    c_factorial="import math\ndef solve(n): return math.factorial(10**8)",
    c_sum="def solve(n): return sum(range(10**13))",
    sleep="import time\ndef solve(n): time.sleep(1000)",
    busy_load="while True: pass",
    read_stdin="import sys\ndef solve(n): return sys.stdin.read()",
    lock="import threading\ndef solve(n): threading.Lock().acquire(); l = threading.Lock(); l.acquire(); l.acquire()",
    pipe_block="import os\ndef solve(n):\n    r, w = os.pipe(); return os.read(r, 1)",
    pbkdf2="import hashlib\ndef solve(n): return hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)",
    sem_wait="import multiprocessing\ndef solve(n):\n    l = multiprocessing.Lock(); l.acquire(); l.acquire()",
)
_add(
    "huge",
    huge_int="def solve(n): return 1 << 10_000_000",
    huge_list="def solve(n): return [0] * 10_000_000",
    huge_text="def solve(n): return 'x' * 100_000_000",
    shared_bomb="def solve(n):\n    x = [0]\n    for _ in range(40): x = [x, x]\n    return x",
    cycle="def solve(n):\n    x = []; x.append(x); return x",
    deep="def solve(n):\n    x = []\n    for _ in range(100000): x = [x]\n    return x",
    endless_iterator="import itertools\ndef solve(n): return itertools.count()",
    collisions="def solve(n): return {i * ((1 << 61) - 1): 0 for i in range(20000)}",
    crafted_sets="import marshal, os, struct\ndef solve(n):\n    keys = [*range(75_000), *[i * ((1 << 61) - 1) for i in range(220_000)]]\n    data = b'<' + struct.pack('<I', len(keys)) + b''.join(marshal.dumps(k, 2) for k in keys)\n    for kind in b'VXOA':\n        os.write(3, bytes([kind]) + struct.pack('<I', len(data)) + data)",
    crafted_small_sets="import marshal, os, struct\ndef solve(n):\n    one = b'<' + struct.pack('<I', 900) + b''.join(marshal.dumps(i * ((1 << 61) - 1), 2) for i in range(900))\n    data = b'[' + struct.pack('<I', 250) + one * 250\n    os.write(3, b'V' + struct.pack('<I', len(data)) + data)",
    huge_print="def solve(n):\n    while True: print('x' * 1_000_000)",
    huge_stderr="import sys\ndef solve(n):\n    while True: sys.stderr.write('x' * 1_000_000)",
    huge_exception="def solve(n): raise ValueError('x' * 100_000_000)",
    nan="def solve(n): return float('nan')",
    surrogate="def solve(n): return '\\ud800'",
    frozen_bomb="def solve(n):\n    x = frozenset()\n    for _ in range(2000): x = frozenset([x, frozenset([x])])\n    return x",
    dict_cycle="def solve(n):\n    d = {}; d['a'] = (d,); return d",
    range_huge="def solve(n): return range(10**18)",
)
_add(
    "hostile-dunders",
    repr_exit="import os\nclass R:\n    def __repr__(s): os._exit(0)\n    __str__ = __repr__\ndef solve(n): return R()",
    str_loop="class E(Exception):\n    def __str__(s):\n        while True: pass\ndef solve(n): raise E",
    reduce="import os\nclass P:\n    def __reduce__(s): return (os.system, ('true',))\ndef solve(n): return P()",
    pickle_bytes="import pickle, os\nclass P:\n    def __reduce__(s): return (os._exit, (0,))\ndef solve(n): return pickle.dumps(P())",
    marshal_code="import marshal\ndef solve(n): return solve.__code__",
    hash_exit="import os\nclass H:\n    def __hash__(s): os._exit(0)\n    def __eq__(s, o): os._exit(0)\ndef solve(n): return H()",
    del_exit="import os\nclass D:\n    def __del__(s): os._exit(0)\ndef solve(n): return D()",
    name_lies="class E(Exception): pass\nE.__name__ = 'AssertionError' * 1000\ndef solve(n): raise E",
    exception_class="class AssertionError(BaseException): pass\ndef solve(n): raise AssertionError",
    mro_lies="class E(Exception):\n    def __class__(s): return 0\n    __mro__ = ()\ndef solve(n): raise E",
    awaitable="async def solve(n): return 21",
    generator="def solve(n): yield 21",
    base_exception="class B(BaseException): pass\ndef solve(n): raise B",
    str_bytes="class E(Exception):\n    def __str__(s): return b'x'\ndef solve(n): raise E",
    context_cycle="def solve(n):\n    a = ValueError(); b = ValueError(); a.__context__ = b; b.__context__ = a; raise a",
    hash_slow="class H(int):\n    def __hash__(s):\n        while True: pass\ndef solve(n):\n    return [H(21)]",
    bool_loop="class B:\n    def __bool__(s):\n        while True: pass\ndef solve(n): return B()",
    iter_self="class I:\n    def __iter__(s): return s\n    def __next__(s): return I()\ndef solve(n): return I()",
)
