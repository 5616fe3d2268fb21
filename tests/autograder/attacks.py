"""Submissions that try to cheat, spy, break or inject. Each is the text of one answer cell, for the unit of the tests.

`count_words(text)` is what the exercise asks for; 7 is never right. What an attack could get hold of goes into the
cell's output or into the answer, where the tests look for it.
"""

from __future__ import annotations

WRONG = "\ndef count_words(text): return 7"

READING = {
    "frames up the stack": """
import sys
def count_words(text):
    frame, seen = sys._getframe(), []
    while frame:
        seen += [v for v in frame.f_locals.values() if type(v) is int]
        frame = frame.f_back
    return seen[-1] if seen else 7""",
    "every object in memory": """
import gc
def count_words(text):
    for o in gc.get_objects():
        if isinstance(o, dict) and 'expected' in o: return o['expected']
    print([t for t in gc.get_objects() if type(t).__name__ in ('Suite', 'Trial', 'FamilyTests')])
    return 7""",
    "strings in this process's memory": """
import re
found = []
for line in open('/proc/self/maps'):
    if 'heap' in line or line.split()[-1] == '0':
        a, b = (int(x, 16) for x in line.split()[0].split('-'))
        try:
            with open('/proc/self/mem', 'rb') as m:
                m.seek(a)
                if re.search(b'CANARY[-]HIDDE[N]', m.read(min(b - a, 1 << 26))): found.append(line)
        except OSError: pass
print('CANARY' * bool(found))"""
    + WRONG,
    "memory of other processes": """
import os
for p in filter(str.isdigit, os.listdir('/proc')):
    if int(p) != os.getpid():
        try: print(p, open(f'/proc/{p}/mem', 'rb').read(1))
        except OSError as e: pass
        try: print(open(f'/proc/{p}/environ').read())
        except OSError as e: pass"""
    + WRONG,
    "the tests' file by its name": """
import pathlib
for f in pathlib.Path('/').rglob('hidden_tests*'): print(f, f.read_text())"""
    + WRONG,
    "the course by known paths": """
import os
for root in ('/course', '/home', '/root', '/work', '/srv', '/mnt', '/opt', '.', '..', '/proc/1/root', '/proc/self/cwd'):
    for place, dirs, files in os.walk(root):
        if place.count('/') > 6: dirs.clear()
        for f in files:
            if f in ('mistakes.py', 'hidden_tests.py', 'secret', 'gradebook.db', 'results.jsonl'): print('CANARY-FOUND', place, f)"""
    + WRONG,
    "imports the tests": """
try:
    import hidden_tests
    print('CANARY-IMPORTED', hidden_tests.suite)
except ImportError: pass
try:
    import autograder.testing, autograder.trusted
    print('CANARY-IMPORTED')
except ImportError: pass"""
    + WRONG,
    "environment and command lines": """
import os, glob
print(dict(os.environ))
for f in glob.glob('/proc/*/cmdline'): print(open(f).read())"""
    + WRONG,
    "history and input of IPython": """
print(get_ipython(), globals().get('In'), globals().get('_ih'), globals().get('__file__'))"""
    + WRONG,
    "other learners' files": """
import os
print('CANARY-OTHER' * any(os.path.exists(p) for p in ('/tmp/left-by-ada', '/dev/shm/left-by-ada', '../ada', '/submitted')))
open('/tmp/left-by-ada', 'w').write('x')
open('/dev/shm/left-by-ada', 'w').write('x')"""
    + WRONG,
    "inherited descriptors": """
import os
for fd in range(0, 1024):
    try: print(fd, os.readlink(f'/proc/self/fd/{fd}'))
    except OSError: pass
for fd in range(3, 1024):
    try: print('CANARY-FD', os.pread(fd, 100, 0))
    except OSError: pass"""
    + WRONG,
    "the seed of the random tests": """
import numpy as np
state = np.random.get_state()[1][:3]
def count_words(text):
    return int(np.random.default_rng(0).integers(9)) + 7""",
    "the clock and the count of calls": """
import time
calls = []
def count_words(text):
    calls.append((time.time(), text))
    return len(calls) + 6""",
    "ptrace of the parent": """
import ctypes, os
c = ctypes.CDLL(None)
for pid in (1, os.getppid()): print('CANARY-TRACED' * (c.ptrace(16, pid, 0, 0) == 0))"""
    + WRONG,
    "process_vm_readv": """
import ctypes, os
c = ctypes.CDLL(None, use_errno=True)
print('CANARY-READ' * (c.process_vm_readv(1, None, 0, None, 0, 0) == 0))"""
    + WRONG,
}

FORGING = {
    "numpy.testing patched": """
import numpy.testing
for n in dir(numpy.testing):
    if n.startswith('assert'): setattr(numpy.testing, n, lambda *a, **k: None)"""
    + WRONG,
    "builtins patched": """
import builtins
builtins.all = builtins.any = builtins.isinstance = builtins.abs = lambda *a: True
builtins.AssertionError = builtins.ValueError = type('Never', (Exception,), {})"""
    + WRONG,
    "equal to everything": """
class Yes(int):
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __ne__ = __lt__ = __gt__ = lambda self, other: False
    __hash__ = int.__hash__
def count_words(text): return Yes(7)""",
    "an array that is equal to everything": """
import numpy as np
class Yes(np.ndarray):
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
    def __eq__(self, o): return np.True_
def count_words(text): return np.zeros(()).view(Yes)""",
    "an object with a forged class": """
class Fake:
    @property
    def __class__(self): return int
    def __int__(self): return 1
    def __index__(self): return 1
    def __getattr__(self, n): return lambda *a, **k: self
def count_words(text): return Fake()""",
    "a false suite in sys.modules": """
import sys, types
m = types.ModuleType('hidden_tests')
m.suite = type('S', (), {'grade': staticmethod(lambda *a: 4)})()
sys.modules['hidden_tests'] = sys.modules['autograder.testing'] = m"""
    + WRONG,
    "a finder that serves false modules": """
import sys, types
class F:
    def find_spec(self, name, path=None, target=None):
        if 'hidden' in name: raise SystemExit(0)
sys.meta_path.insert(0, F())"""
    + WRONG,
    "the worker patched to report success": """
import sys
w = sys.modules.get('autograder.sandbox.worker')
if w:
    w.Worker.reply = lambda self, *a: self.channel.send(['ok', 4, [], ''])
    w.Worker.answer = lambda self, *a: self.channel.send(['ok', 4, [], ''])"""
    + WRONG,
    "frames written by hand": """
import os, struct
import msgpack
for fd in range(3, 64):
    for tree in (['ok', 4, [], ''], ['exercise', 'test-count-words', 4, 4, []], ['done', []]):
        head = msgpack.packb([tree, []])
        try: os.write(fd, struct.pack('>IQ', len(head), 0) + head)
        except OSError: pass"""
    + WRONG,
    "frames during a call": """
import os, struct, msgpack
def count_words(text):
    for fd in range(3, 64):
        for n in range(9):
            head = msgpack.packb([['ok', n, [], ''], []])
            try: os.write(fd, struct.pack('>IQ', len(head), 0) + head)
            except OSError: pass
    return 7""",
    "changes that were not asked for": """
import sys
w = sys.modules.get('autograder.sandbox.worker')
def count_words(text):
    if w: w.Worker.reply = lambda self, result, known, before, out: self.channel.send(
        ['ok', 7, [[n, ['l', [7] * 9]] for n in range(99)], ''])
    return 7""",
    "results by reference": """
import sys
w = sys.modules.get('autograder.sandbox.worker')
def count_words(text):
    if w: w.Worker.reply = lambda self, *a: self.channel.send(['ok', ['o', 0], [], ''])
    return 7""",
    "callbacks that were never given": """
import sys
w = sys.modules.get('autograder.sandbox.worker')
def count_words(text):
    if w: w.Worker.reply = lambda self, *a: self.channel.send(['callback', 0, [], []])
    return 7""",
    "leaves with exit code 0": "import os, atexit\natexit.register(os._exit, 0)\ndef count_words(text): os._exit(0)",
    "raises what tests expect": "def count_words(text): raise AssertionError('expected failure: passed')",
    "raises a stop": "def count_words(text): raise StopIteration(4)",
    "raises a keyboard interrupt": "def count_words(text): raise KeyboardInterrupt",
    "raises a forged grader's exception": """
class GradingStopped(Exception): pass
GradingStopped.__module__ = 'autograder.testing'
class LearnerTimeout(GradingStopped): pass
def count_words(text): raise LearnerTimeout('full marks')""",
    "prints a result": """
print('{"score": 4, "max_score": 4}')
def count_words(text):
    print('["exercise", "test-count-words", 4, 4, []]')
    return 7""",
    "writes results to files": """
import os
for p in ('results.jsonl', '/tmp/results.jsonl', '../results.jsonl', 'gradebook.db'):
    try: open(p, 'w').write('{"score": 4}')
    except OSError: pass"""
    + WRONG,
    "returns a function": "def count_words(text): return lambda *a: 1",
    "returns itself": "def count_words(text): return count_words",
    "returns a generator": "def count_words(text):\n    yield 1",
    "returns every answer at once": "def count_words(text): return (0, 1, 2, 4)",
    "returns not a number": "def count_words(text): return float('nan')",
    "returns True": "def count_words(text): return True",
}

BREAKING = {
    "fork bomb": "import os\nwhile True: os.fork()",
    "fork bomb that ignores errors": """
import os
while True:
    try: os.fork()
    except OSError: pass""",
    "thread bomb": """
import threading, time
while True: threading.Thread(target=time.sleep, args=(99,)).start()""",
    "daemons": """
import os, time
for i in range(8):
    if os.fork() == 0:
        os.setsid()
        if os.fork(): os._exit(0)
        time.sleep(1000)"""
    + WRONG,
    "memory bomb": "x = []\nwhile True: x.append(bytearray(1 << 24))",
    "memory bomb in many processes": """
import os
for i in range(8): os.fork()
x = []
while True: x.append(bytearray(1 << 24))""",
    "memory bomb in shared memory": """
for i in range(200):
    with open(f'/dev/shm/{i}', 'wb') as f: f.write(bytes(1 << 24))""",
    "a huge result": "import numpy as np\ndef count_words(text): return np.zeros(1 << 27)",
    "a huge list": "def count_words(text): return [0] * (1 << 24)",
    "a huge string": "def count_words(text): return 'x' * (1 << 28)",
    "a huge integer": "def count_words(text): return 1 << (1 << 24)",
    "a deep list": """
def count_words(text):
    x = []
    for i in range(100000): x = [x]
    return x""",
    "a list that holds itself": "def count_words(text):\n    x = []\n    x.append(x)\n    return x",
    "full disk": """
i = 0
while True:
    with open(f'/tmp/{i}', 'wb') as f: f.write(bytes(1 << 20))
    i += 1""",
    "many small files": """
i = 0
while True:
    open(f'/tmp/{i}', 'w').close()
    i += 1""",
    "a sparse file of 10 GB": "f = open('/tmp/x', 'wb')\nf.seek(10 << 30)\nf.write(b'x')",
    "endless output": "while True: print('x' * 10000)",
    "endless raw output": "import os\nwhile True: os.write(1, b'x' * 10000)",
    "endless loop, signals ignored": """
import signal
for s in range(1, 32):
    try: signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True: pass""",
    "sleep": "import time\ntime.sleep(10**6)",
    "kills everyone it can": "import os\nos.kill(-1, 9)",
    "kills its group": "import os\nos.kill(0, 9)",
    "kills its parent": "import os\nos.kill(os.getppid(), 9)",
    "kills process one": "import os\nos.kill(1, 9)" + WRONG,
    "stops its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)" + WRONG,
    "segmentation fault": "import ctypes\nctypes.string_at(0)",
    "closes all descriptors": "import os\nos.closerange(0, 1024)" + WRONG,
    "sockets to the host": """
import socket
for f in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, 40, 16, 17, 38):
    try:
        s = socket.socket(f)
        s.connect(('127.0.0.1', 22) if f == 2 else '/run/dbus/system_bus_socket')
        print('CANARY-CONNECTED', f)
    except (OSError, TypeError, ValueError): pass"""
    + WRONG,
    "an abstract socket": """
import socket
s = socket.socket(socket.AF_UNIX)
s.bind(chr(0) + 'autograder-attack')
s.listen()"""
    + WRONG,
    "namespaces and mounts": """
import ctypes
c = ctypes.CDLL(None)
print('CANARY-NAMESPACE' * (c.unshare(0x10000000) == 0), 'CANARY-MOUNT' * (c.mount(b'x', b'/tmp', b'tmpfs', 0, 0) == 0))"""
    + WRONG,
    "kernel settings": """
for p in ('/proc/sys/kernel/core_pattern', '/proc/sys/vm/overcommit_memory', '/proc/sysrq-trigger', '/sys/kernel/x'):
    try:
        with open(p, 'w') as f: f.write('1')
        print('CANARY-WROTE', p)
    except OSError: pass"""
    + WRONG,
    "a link to the host": """
import os
os.symlink('/etc', '/tmp/etc')
os.symlink('/', '/tmp/root')
print('CANARY-SHADOW' * os.path.exists('/tmp/etc/shadow'))
os.mkfifo('/tmp/pipe')"""
    + WRONG,
    "raises its own limits": """
import resource
for k in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE):
    try:
        resource.setrlimit(k, (-1, -1))
        print('CANARY-LIMIT')
    except (OSError, ValueError): pass"""
    + WRONG,
    "a regular expression that never ends": "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
    "a syntax tree that overflows": "x = " + "(" * 5000 + ")" * 5000,
    "a source with a null byte": "x = 1\0" + WRONG,
    "compiles for ever": "exec('x = ' + '-' * 100000 + '1')" + WRONG,
}

INJECTED = "<script>alert('CANARY-SCRIPT')</script><img src=x onerror=alert(1)>"
INJECTING = {
    "HTML in output": f"print({INJECTED!r})" + WRONG,
    "HTML in an exception": f"def count_words(text): raise ValueError({INJECTED!r})",
    "HTML in the code": f"# {INJECTED}" + WRONG,
    "HTML in an exception's name": "def count_words(text): raise type('<b>Error</b>', (ValueError,), {})('x')",
    "HTML in a function's name": "def count_words(text):\n    f = lambda: 1\n    f.__name__ = '<b>f</b>'\n    return f",
    "terminal escapes in output": r"print('\x1b[2J\x1b]0;CANARY\x07\x1b[8mhidden')" + WRONG,
    "terminal escapes in an exception": r"def count_words(text): raise ValueError('\x1b[2J\x1b]52;c;Q0FOQVJZ\x07')",
    "lines in an exception": r"def count_words(text): raise ValueError('x\n\n## 4 of 4 points\n\nWell done')",
    "text that runs backwards": r"def count_words(text): raise ValueError('\u202edetcerroc\u202c \ud800')",
    "a template's braces": "def count_words(text): raise ValueError('{{ 7 * 7 }} {% for x in y %} ${7*7}')",
    "display of HTML": f"display({INJECTED!r})" + WRONG,
}

FAMILIES = {"reading": READING, "forging": FORGING, "breaking": BREAKING, "injecting": INJECTING}
