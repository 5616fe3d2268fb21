"""The untrusted side: runs a learner's cells and answers calls, one frame at a time.

Everything in this process may be in the learner's hands once the first cell has run; nothing here protects a score.
What it must do well is to be robust for honest code: bounded output, errors as data, a fresh process on demand.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import itertools
import linecache
import os
import signal
import socket
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np
import numpy.random  # or NumPy loads it at first use: in each jail anew, and not at all where memory is short

from autograder.sandbox import instruments, served
from autograder.wire import tensors
from autograder.wire.channel import Channel, Closed
from autograder.wire.codec import Decoder, Encoder, Reference
from autograder.wire.frames import WireError

OUTPUT_KEPT = 8_192  # characters of a cell's output that are kept at either end
OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda function, *args, **kwargs: function(*args, **kwargs),
    "getattr": getattr,
    "setattr": setattr,
    "getitem": lambda thing, key: thing[key],
    "setitem": lambda thing, key, value: thing.__setitem__(key, value),
    "contains": lambda thing, item: item in thing,
    "len": len,
    "iter": iter,
    "next": next,
    "measure": lambda thing, instrument, *args, **kwargs: instruments.ALL[instrument](thing, *args, **kwargs),
    "method": lambda thing, name, *args, **kwargs: getattr(thing, name)(*args, **kwargs),
}


class Worker:
    """One process of the jail: a namespace, the things it handed out, and a channel to the tester."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.module = types.ModuleType("__main__")
        self.module.__dict__.update(
            {"__builtins__": builtins, "display": print, "get_ipython": lambda: None, "In": [], "Out": {}}
        )
        self.exported: list[Any] = []
        self.process = os.getpid()
        served.ask = self.ask

    def serve(self) -> NoReturn:
        """Answer frames until the other side closes, then leave the process."""
        sys.modules["__main__"] = self.module
        try:
            while True:
                tree, buffers = self.channel.receive_with_descriptors()
                match tree:
                    case ["fork"]:
                        self.fork()
                    case ["reap", pid]:
                        self.channel.send(["ok", reap(pid)])
                    case ["sweep"]:
                        self.channel.send(["ok", sweep()])
                    case _:
                        self.answer(tree, buffers)
        except (Closed, WireError):
            os._exit(0)

    def fork(self) -> None:
        """A copy of this process serves the channel that came along; this one answers with the copy's pid."""
        (descriptor,) = self.channel.descriptors
        pid = os.fork()
        if pid == 0:
            self.channel.close()
            self.channel = Channel(socket.socket(fileno=descriptor))
            self.process = os.getpid()
            first_to_go()
            return
        os.close(descriptor)
        self.channel.send(["ok", pid])

    def answer(self, tree: Any, buffers: list[memoryview]) -> None:
        """Do what a frame asks and send one frame back, whatever the learner's code did."""
        decoder = Decoder(buffers, self.resolve, modules=True)
        known: list[Any] = []
        before: list[Any] = []
        with Output() as output:
            try:
                result: Any = None
                match tree:
                    case ["run", label, source]:
                        self.run(label, source)
                    case ["get", name]:
                        result = self.module.__dict__[name]
                    case ["do", operation, target, args, kwargs]:
                        arguments = [decoder.decode(item) for item in args]
                        named = {name: decoder.decode(item) for name, item in kwargs}
                        known, before = decoder.objects, snapshot(decoder.objects)
                        result = OPERATIONS[operation](self.exported[target], *arguments, **named)
                    case _:
                        raise WireError("unknown request")
                self.reply(result, known, before, output)
            except (Closed, KeyboardInterrupt):
                raise Closed("interrupted") from None
            except BaseException as error:
                self.stay_alone()
                if isinstance(error, MemoryError):
                    traceback.clear_frames(error.__traceback__)  # they hold what there was too much of
                encoder = Encoder(self.export, known)
                try:
                    changes = changed_among(known, before, encoder)
                except Exception:  # they cannot cross; the error can
                    encoder, changes = Encoder(), []
                self.channel.send(["error", *describe(error), changes, output.text()], encoder.buffers)

    def stay_alone(self) -> None:
        """Leave quietly where this is a copy that the learner's own code forked: one process answers, not two."""
        if os.getpid() != self.process:
            os._exit(0)

    def run(self, label: str, source: str) -> None:
        """Execute one cell in the namespace."""
        filename = f"<{label}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        code = compile(source, filename, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if code.co_flags & 0x80:  # CO_COROUTINE: the cell awaits at the top level, as notebooks may
            import asyncio

            asyncio.run(eval(code, self.module.__dict__))
        else:
            exec(code, self.module.__dict__)

    def reply(self, result: Any, known: list[Any], before: list[Any], output: Output) -> None:
        """Send a result and what became of the arguments."""
        self.stay_alone()
        encoder = Encoder(self.export, known)
        tree = encoder.encode(result)
        self.channel.send(["ok", tree, changed_among(known, before, encoder), output.text()], encoder.buffers)

    def export(self, value: Any) -> Reference:
        """Keep something that is not data and name it by a number."""
        self.exported.append(value)
        kind = "callable" if callable(value) else "iterator" if isinstance(value, Iterator) else "object"
        name = getattr(value, "__name__", type(value).__name__)
        return Reference(len(self.exported) - 1, kind, str(name))

    def resolve(self, reference: Reference) -> Any:
        """What this process handed out before; or a function of the tester's, called while that waits for an answer."""
        if reference.kind == "own":
            return self.exported[reference.number]

        def callback(*args: Any, **kwargs: Any) -> Any:
            return self.ask(reference.number, *args, **kwargs)

        callback.__name__ = callback.__qualname__ = reference.name
        return callback

    def ask(self, function: int | str, /, *args: Any, **kwargs: Any) -> Any:
        """The result of a function on the tester's side: one that it passed as an argument, or a served one."""
        encoder = Encoder()
        positional = [encoder.encode(item) for item in args]
        named = [[name, encoder.encode(item)] for name, item in kwargs.items()]
        self.channel.send(["callback", function, positional, named], encoder.buffers)
        tree, buffers = self.channel.receive()
        match tree:
            case ["ok", result]:
                return Decoder(buffers).decode(result)
            case ["error", name, message]:
                raise getattr(builtins, name, RuntimeError)(message)
        raise WireError("unknown answer")


def first_to_go() -> None:
    """Where memory runs out the kernel ends this process rather than the one that it is a copy of."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "r+") as score:
        value = min(int(score.read()) + 300, 1000)
        score.seek(0)
        score.write(str(value))


class Output(io.TextIOBase):
    """Standard output and error within a `with`: the first and the last characters, the rest counted."""

    def __init__(self) -> None:
        self.outside: tuple[Any, Any] = (None, None)
        self.head = ""
        self.rest: list[str] = []  # what came after the head, its beginning left out where it is long
        self.held = 0  # characters in `rest`
        self.came = 0  # characters that came after the head

    def __enter__(self) -> Output:
        self.outside = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = self
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self.outside

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        size = len(text)
        if room := OUTPUT_KEPT - len(self.head):
            self.head += text[:room]
        if size > room:
            self.came += size - room
            if room or size > OUTPUT_KEPT:  # a text may be huge: it is never copied whole
                text = text[max(room, size - OUTPUT_KEPT) :]
            self.rest.append(text)
            self.held += len(text)
            if self.held > 8 * OUTPUT_KEPT:  # seldom, so that many small prints cost little
                self.rest = [self.tail()]
                self.held = OUTPUT_KEPT
        return size

    def tail(self) -> str:
        """The last characters."""
        return "".join(self.rest)[-OUTPUT_KEPT:]

    def text(self) -> str:
        """What was kept."""
        tail = self.tail()
        dropped = self.came - len(tail)
        return self.head + (f"\n… {dropped} characters left out …\n" if dropped else "") + tail


def snapshot(values: list[Any]) -> list[Any]:
    """What the mutable arguments hold before a call."""
    return [content(value) for value in values]


def content(value: Any) -> Any:
    """A copy of what one mutable value holds, one level deep."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes()
    if isinstance(value, np.random.Generator):
        return repr(value.bit_generator.state)
    if tensors.is_tensor(value):
        return tensors.describe(value)[:3], tensors.data(value) if not value.is_meta else b""
    if tensors.is_generator(value):
        return tensors.state(value)
    if isinstance(value, dict):
        return list(itertools.chain.from_iterable(value.items()))
    return list(value)


def changed_among(known: list[Any], before: list[Any], encoder: Encoder) -> list[Any]:
    """The arguments that hold something else than before the call, by number, with what they hold now."""
    return [[n, encoder.contents(value)] for n, value in enumerate(known) if changed(value, before[n])]


def changed(value: Any, before: Any) -> bool:
    """Whether a mutable argument holds something else than before the call."""
    now = content(value)
    if not isinstance(now, list):
        return bool(now != before)
    return len(now) != len(before) or any(a is not b for a, b in zip(now, before, strict=True))


def describe(error: BaseException) -> tuple[str, str, str]:
    """An exception as data: its nearest built-in class, its message, the learner's part of its traceback."""
    if isinstance(error, Exception):
        family = next((c for c in type(error).__mro__ if c.__module__ == "builtins"), Exception)
        name, message = family.__name__, str(error)
    else:
        name, message = "RuntimeError", f"the code ended the process by {type(error).__name__}({error})"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith("<")]
    lines = traceback.format_list(frames[-20:]) + traceback.format_exception_only(error)[:5]
    return name, message[:4_000], "".join(lines)[:8_000]


def reap(pid: int) -> int:
    """End a copy of this process and say how it ended: its exit code, or minus the signal that ended it."""
    try:
        done, status = os.waitpid(pid, os.WNOHANG)
        if not done:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
    except ChildProcessError:  # the learner's code waited for it first
        return 0
    return os.waitstatus_to_exitcode(status)


def sweep() -> int:
    """End every other process of the jail, if this is its first one; how many of them were this one's children."""
    if os.getpid() != 1:
        return 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    count = 0
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
            count += 1
    return count
