"""What the course's pages and notebooks import. Its parts load when first used: `import cnnkit` costs nothing."""

from importlib import import_module
from types import ModuleType

__all__ = ["data", "figures", "gradcheck", "ops", "zoo"]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"cnnkit has no part {name!r}, only {__all__}")
