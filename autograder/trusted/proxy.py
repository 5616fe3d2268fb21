"""What stands for a learner's functions, classes and objects in the instructor's tests.

A proxy sends every use of it to the learner's process. Comparison, truth and hash are its own: they never run the
learner's code. What comes back is data, or another proxy.
"""

from __future__ import annotations

import functools
from typing import Any, NoReturn

from autograder.testing import LearnerCrashed
from autograder.trusted.session import Session
from autograder.wire.codec import Encoder, Reference


class Proxy:
    """Something in the learner's process, by its number there."""

    __slots__ = ("_generation", "_name", "_number", "_session")

    def __init__(self, session: Session, number: int, name: str) -> None:
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_generation", session.generation)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_name", name)

    def __repr__(self) -> str:
        return f"<the learner's {self._name}>"

    def __bool__(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"{name} of {self!r} is out of the tests' reach")
        return _do(self, "getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        _do(self, "setattr", name, value)

    def __getitem__(self, key: Any) -> Any:
        return _do(self, "getitem", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _do(self, "setitem", key, value)

    def __contains__(self, item: Any) -> bool:
        return _do(self, "contains", item) is True

    def __len__(self) -> int:
        size = _do(self, "len")
        if type(size) is not int:
            raise TypeError(f"the length of {self!r} is not an integer")
        return size

    def __iter__(self) -> Any:
        return _do(self, "iter")

    def __next__(self) -> Any:
        return _do(self, "next")

    def own_reference(self) -> Reference:
        """What stands for this among the arguments of a call to its own process."""
        if self._generation != self._session.generation:
            _renew(self, self._session)
        return Reference(self._number, "own", str(self._name))

    def measured(self, instrument: str, *args: Any, **kwargs: Any) -> Any:
        """What one of `sandbox.instruments` says of this, in its own process."""
        return _do(self, "measure", instrument, *args, **kwargs)

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"{self!r} is not data: call it, or read an attribute of it")


class CallableProxy(Proxy):
    """A learner's function, class or callable object."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _do(self, "call", *args, **kwargs)

    @property
    def __name__(self) -> str:
        return str(self._name)


class NamedProxy(CallableProxy):
    """A function that a cell of the notebook defines: found again by its name when the process was replaced."""

    __slots__ = ()


def fetch(session: Session, name: str, lazily: bool = False) -> Any:
    """What the learner's notebook calls by this name: data itself, or a proxy.

    Raises:
        NameError: If no cell defined it; lazily, a function comes back that raises this when it is called.
    """
    try:
        value = _request(session, lambda _: ["get", name])
    except KeyError:
        missing = NameError(f"name {name!r} is not defined")
        if lazily:
            return functools.partial(_raise, missing)
        raise missing from None
    if isinstance(value, CallableProxy):
        return NamedProxy(session, value._number, name)
    return value


def _raise(error: Exception, *_: Any, **__: Any) -> NoReturn:
    raise error


def _do(proxy: Proxy, operation: str, *args: Any, **kwargs: Any) -> Any:
    session: Session = proxy._session
    if proxy._generation != session.generation:
        _renew(proxy, session)

    def build(encoder: Encoder) -> Any:
        positional = [encoder.encode(item) for item in args]
        named = [[name, encoder.encode(item)] for name, item in kwargs.items()]
        return ["do", operation, proxy._number, positional, named]

    return _request(session, build)


def _renew(proxy: Proxy, session: Session) -> None:
    if not isinstance(proxy, NamedProxy):
        raise LearnerCrashed(f"{proxy!r} was lost with its process")
    renewed = fetch(session, proxy._name)
    if not isinstance(renewed, NamedProxy):
        raise LearnerCrashed(f"{proxy!r} was lost with its process")
    object.__setattr__(proxy, "_number", renewed._number)
    object.__setattr__(proxy, "_generation", session.generation)


def _request(session: Session, build: Any) -> Any:
    def resolve(reference: Reference) -> Proxy:
        kind = CallableProxy if reference.kind == "callable" else Proxy
        return kind(session, reference.number, reference.name)

    return session.request(build, [], resolve)
