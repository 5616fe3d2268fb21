"""The learner's process as the trusted side sees it: asked by frames, replaced when it hangs or dies."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from autograder.testing import GradingStopped, LearnerCrashed, LearnerTimeout
from autograder.wire.channel import Channel, Closed
from autograder.wire.codec import Decoder, Encoder, Reference
from autograder.wire.frames import WireError

T = TypeVar("T")
GRACE = 5.0  # seconds for what should be instant: a fork, the end of a process


@dataclass(frozen=True)
class Patience:
    """How long the learner's code may take, in seconds."""

    call: float = 10.0  # one call of a learner's function
    cell: float = 60.0  # one cell of the notebook
    step: float = 60.0  # all calls of one exercise's tests together
    total: float = 600.0  # the whole notebook
    after_timeout: float = 1.0  # one call, once a call of the same exercise did not come back

    def at_least(self, needs: Mapping[str, float]) -> Patience:
        """As this, but no shorter than a unit needs."""
        return replace(self, **{name: max(getattr(self, name), seconds) for name, seconds in needs.items()})


@dataclass(frozen=True)
class CellOutcome:
    """What became of one cell."""

    error: str | None  # one line, or None
    output: str
    traceback: str = ""
    died: str | None = None  # "timeout" or "crashed"


class JailLost(GradingStopped):
    """The whole jail is gone: nothing more can be asked of this submission."""


class Process:
    """One process in the jail and the channel to it."""

    def __init__(self, channel: Channel, pid: int = 0, parent: Process | None = None) -> None:
        self.channel = channel
        self.pid = pid
        self.parent = parent
        self.ended: int | None = None  # its exit code, or minus the signal that ended it
        self.clock: int | None = None  # of its processor time, once that was asked for

    def fork(self) -> Process:
        """A copy of this process with a channel of its own."""
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)  # so that the kernel tells who answers
        deadline = time.monotonic() + GRACE
        self.channel.send(["fork"], descriptors=(theirs.fileno(),), deadline=deadline)
        theirs.close()
        tree, _ = self.channel.receive(deadline)
        match tree:
            case ["ok", int(pid)]:
                return Process(Channel(ours), pid, self)
        raise WireError("unexpected answer to a fork")

    def processor_time(self) -> float:
        """Seconds of processor time that this process has used, read from outside, to the nanosecond.

        Raises:
            OSError: If it is gone.
        """
        if self.clock is None:
            deadline = time.monotonic() + GRACE
            self.channel.send(["get", "__name__"], deadline=deadline)
            pid = self.channel.sender(deadline)
            self.channel.receive(deadline)
            self.clock = (~pid << 3 | 2) if pid else time.CLOCK_MONOTONIC  # clock_getcpuclockid(3) of Linux
        return time.clock_gettime(self.clock)

    def sweep(self) -> None:
        """Asked of the jail's first process: end all others."""
        deadline = time.monotonic() + GRACE
        self.channel.send(["sweep"], deadline=deadline)
        self.channel.receive(deadline)

    def end(self) -> int:
        """End this process; its exit code, or minus the signal that had ended it before."""
        self.channel.close()
        if self.parent is None or self.ended is not None:
            return self.ended or 0
        deadline = time.monotonic() + GRACE
        self.parent.channel.send(["reap", self.pid], deadline=deadline)
        tree, _ = self.parent.channel.receive(deadline)
        match tree:
            case ["ok", int(code)]:
                self.ended = code
                return code
        raise WireError("unexpected answer to a reap")


LOST = (Closed, TimeoutError, WireError, OSError)


class Session:
    """Runs cells and calls in the jail; survives what they do.

    Cells run in `head`, a copy of the pristine `root`. Each exercise's tests run in `tip`, a copy of `head`: whatever
    dies there is copied anew, so that a hang, a crash or a memory bomb costs the call that caused it.
    """

    def __init__(
        self, sock: socket.socket, patience: Patience, served: Mapping[str, Callable[..., Any]] | None = None
    ) -> None:
        self.patience = patience
        self.served = served or {}
        self.root = Process(Channel(sock))
        self.head = self._or_lost(self.root.fork)
        self.tip: Process | None = None
        self.past_cells: list[tuple[str, str, bool]] = []  # name, text, whether it ran without an error
        self.deaths: list[str] = []  # "timeout" or "crashed", in order
        self.generation = 0  # changes whenever handles of remote things become void
        self.step_ends = 0.0
        self.call_limit = patience.call

    # -- cells -----------------------------------------------------------------------------------------------

    def run(self, cell: str, source: str) -> CellOutcome:
        """Run one cell of the notebook; later cells and tests see what it defined."""
        self.end_step()
        outcome = self._run_in_head(cell, source)
        if outcome.died:
            self._revive_head()
        else:
            self.past_cells.append((cell, source, outcome.error is None))
        return outcome

    def _run_in_head(self, cell: str, source: str) -> CellOutcome:
        limit = self.patience.cell
        deadline = time.monotonic() + limit
        try:
            self.head.channel.send(["run", cell, source], deadline=deadline)
            tree, _ = self._answer(self.head, [], deadline)
        except TimeoutError:
            self.deaths.append("timeout")
            return CellOutcome(f"the cell did not finish within {limit:.0f} s", "", died="timeout")
        except (Closed, WireError, OSError):
            self.deaths.append("crashed")
            return CellOutcome(f"the process {self._how(self.head)} while this cell ran", "", died="crashed")
        match tree:
            case ["ok", _, _, str(output)]:
                return CellOutcome(None, output)
            case ["error", str(name), str(message), str(trace), _, str(output)]:
                return CellOutcome(f"{name}: {message}", output, trace)
        return CellOutcome("the cell gave an answer that is no answer", "", died="crashed")

    def _revive_head(self) -> None:
        """A fresh copy of the pristine process, all others gone, with all cells run again that had not ended theirs."""
        self._discard(self.head)
        self._or_lost(self.root.sweep)
        self.head = self._or_lost(self.root.fork)
        self.generation += 1
        for cell, source, _ in self.past_cells:
            if self._run_in_head(cell, source).died:
                raise JailLost("cells that had run once did not run again")

    # -- tests -----------------------------------------------------------------------------------------------

    def begin_step(self, impatient: bool = False, go_on: bool = False) -> None:
        """Start an exercise's tests in a copy of the learner's process.

        Args:
            impatient: Whether its calls hung before.
            go_on: Use the copy of the step before, if it is still there: the exercise's visible tests ran in it.
        """
        if not go_on:
            self.end_step()
        self.step_ends = time.monotonic() + self.patience.step
        self.call_limit = self.patience.after_timeout if impatient else self.patience.call
        if self.tip is None:
            self._new_tip()

    def end_step(self) -> None:
        """Throw the copy away."""
        if self.tip is not None:
            self._discard(self.tip)
            self.tip = None
            self.generation += 1

    def request(
        self,
        build: Callable[[Encoder], Any],
        callbacks: list[Any],
        resolve: Callable[[Reference], Any],
    ) -> Any:
        """Ask the learner's process for something and bring the arguments up to date.

        Args:
            build: Gives the frame's tree, its values encoded by the encoder it gets.
            callbacks: Filled by the encoder with the test's own functions among the arguments.
            resolve: Gives the proxy of a reference in the answer.

        Raises:
            LearnerTimeout: If no answer came in time.
            LearnerCrashed: If the process died.
            Exception: What the learner's code raised, as the same built-in class.
        """
        if self.tip is None:
            self._new_tip()
        assert self.tip is not None
        encoder = Encoder(lambda value: _lent(value, callbacks), modules=True)
        tree = build(encoder)
        limit = min(self.call_limit, self.step_ends - time.monotonic()) if self.step_ends else self.call_limit
        deadline = time.monotonic() + max(limit, 0.0)
        try:
            self.tip.channel.send(tree, encoder.buffers, deadline=deadline)
            answer, buffers = self._answer(self.tip, callbacks, deadline)
            result, raised = _read(answer, buffers, encoder.objects, resolve)
        except TimeoutError:
            self.call_limit = self.patience.after_timeout
            self._lose_tip("timeout")
            raise LearnerTimeout(f"did not finish within {max(limit, 0):.0f} s") from None
        except (Closed, OSError):
            how = self._lose_tip("crashed")
            raise LearnerCrashed(f"the process {how}") from None
        except WireError as error:
            self._lose_tip("crashed")
            raise LearnerCrashed(f"the answer could not be read: {error}") from None
        if raised is not None:
            raise raised  # here, for it may be of a class that tells of the process above
        return result

    def _answer(self, process: Process, callbacks: list[Any], deadline: float) -> tuple[Any, list[memoryview]]:
        """The frame that answers a request; what the learner's code asks for in between is answered."""
        while True:
            answer, buffers = process.channel.receive(deadline)
            if not (isinstance(answer, list) and answer[:1] == ["callback"]):
                return answer, buffers
            self._call_back(process, answer, buffers, callbacks, deadline)

    def _call_back(
        self, process: Process, request: Any, buffers: list[memoryview], callbacks: list[Any], deadline: float
    ) -> None:
        function = None
        match request:
            case ["callback", int(number), list(args), list(kwargs)] if 0 <= number < len(callbacks):
                function = callbacks[number]
            case ["callback", str(name), list(args), list(kwargs)] if name in self.served:
                function = self.served[name]
        match request:
            case [_, _, list(args), list(kwargs)] if function is not None:
                decoder = Decoder(buffers)
                positional = [decoder.decode(item) for item in args]
                named = {str(name): decoder.decode(item) for name, item in kwargs}
            case _:
                raise WireError("malformed callback")
        encoder = Encoder()
        try:
            reply = ["ok", encoder.encode(function(*positional, **named))]
        except Exception as error:
            reply = ["error", type(error).__name__, str(error)[:1000]]
        process.channel.send(reply, encoder.buffers, deadline=deadline)

    def processor_time(self) -> float:
        """Seconds of processor time that the process which runs the learner's calls has used, read from outside.

        Raises:
            LearnerCrashed: If it is gone.
        """
        if self.tip is None:
            self._new_tip()
        assert self.tip is not None
        try:
            return self.tip.processor_time()
        except LOST:
            raise LearnerCrashed(f"the process {self._lose_tip('crashed')}") from None

    def _new_tip(self) -> None:
        try:
            self.tip = self.head.fork()
        except LOST:  # the cells left a process that cannot be copied: go without those that failed
            self.deaths.append("crashed")
            self.past_cells = [past for past in self.past_cells if past[2]]
            self._revive_head()
            self.tip = self._or_lost(self.head.fork)
        self.generation += 1

    def _lose_tip(self, why: str) -> str:
        assert self.tip is not None
        self.deaths.append(why)
        how = self._how(self.tip) if why == "crashed" else ""
        if why == "timeout":
            self._discard(self.tip)
        self.tip = None
        self.generation += 1
        return how

    def close(self) -> None:
        """Give up the channels; the jail ends by its template."""
        for process in (self.tip, self.head, self.root):
            if process is not None:
                process.channel.close()

    # -- ends ------------------------------------------------------------------------------------------------

    def _how(self, process: Process) -> str:
        """How a process that is gone came to its end, in words."""
        try:
            code = process.end()
        except LOST:
            return "died"
        if code in (-9, 137):
            return "was killed (out of memory or time, most likely)"
        return f"died of signal {-code}" if code < 0 else f"ended itself with exit code {code}"

    def _discard(self, process: Process) -> None:
        try:
            process.end()
        except LOST:
            process.channel.close()

    def _or_lost(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except LOST as error:
            raise JailLost(f"the sandbox does not answer: {type(error).__name__}") from None


def _lent(value: Any, callbacks: list[Any]) -> Reference:
    """The reference that goes in the place of what is not data: to the learner's own, or to a function of the tests."""
    own = getattr(type(value), "own_reference", None)
    if own is not None:
        reference: Reference = own(value)
        return reference
    if not callable(value):
        raise WireError(f"a {type(value).__name__} is not data and cannot be passed to a learner's function")
    callbacks.append(value)
    return Reference(len(callbacks) - 1, "callable", str(getattr(value, "__name__", "function")))


def _read(
    answer: Any, buffers: list[memoryview], objects: list[Any], resolve: Callable[[Reference], Any]
) -> tuple[Any, Exception | None]:
    """The result of a call and the learner's exception; its arguments are brought up to date in both cases."""
    decoder = Decoder(buffers, resolve, objects)
    match answer:
        case ["ok", tree, list(changes), str()]:
            result = decoder.decode(tree)
            bring_up_to_date(objects, changes, decoder)
            return result, None
        case ["error", str(name), str(message), str(trace), list(changes), str()]:
            bring_up_to_date(objects, changes, decoder)
            return None, learner_exception(name, message, trace)
    raise WireError("unknown answer")


def bring_up_to_date(objects: list[Any], changes: list[Any], decoder: Decoder) -> None:
    """Let the arguments of a call hold what they hold on the learner's side."""
    known = len(objects)
    for change in changes:
        match change:
            case [int(number), [str(), *_] as content] if 0 <= number < known:
                decoder.mutable(content, objects[number])
            case _:
                raise WireError("malformed change")


def learner_exception(name: str, message: str, trace: str) -> Exception:
    """The exception of a built-in class that a learner's code raised; its traceback as `learner_traceback`."""
    builtins_ = vars(__builtins__) if not isinstance(__builtins__, dict) else __builtins__
    family = builtins_.get(name)
    if not (isinstance(family, type) and issubclass(family, Exception)):
        family = RuntimeError
    try:
        error: Exception = family(message)
    except TypeError:
        error = RuntimeError(f"{name}: {message}")
    error.learner_traceback = trace  # type: ignore[attr-defined]
    return error
