"""What annotations are made of, without the `typing` of the standard library: to load that takes 2 ms of every tick.

A type checker sees the library's own. At run time nothing looks at a hint, but for the fields of a `NamedTuple`.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO as IO
    from typing import ClassVar as ClassVar
    from typing import Literal as Literal
    from typing import NamedTuple as NamedTuple
    from typing import NewType as NewType
    from typing import Protocol as Protocol
    from typing import Self as Self
    from typing import TypeVar as TypeVar
    from typing import cast as cast
    from typing import overload as overload
else:
    from collections import namedtuple
    from types import GenericAlias

    class _Hint:
        __class_getitem__ = classmethod(GenericAlias)

    class IO(_Hint):
        """A file."""

    class ClassVar(_Hint):
        """What is of the class and of no instance."""

    class Literal(_Hint):
        """One of these values."""

    class Self:
        """The class it stands in."""

    class Protocol:
        """What only says which methods there must be."""

    def NewType(_, kind):  # noqa: N802 - the library's word
        """Return the type itself."""
        return kind

    def TypeVar(name):  # noqa: N802 - the library's word
        """Return anything."""
        return name

    def cast(_, value):
        """Return the value itself."""
        return value

    def overload(function):
        """Return what the real one overrides."""
        return function

    class _NamedTupleMaker(type):
        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            names = list(body.get("__annotations__", ()))
            defaults = [body.pop(field) for field in names if field in body]
            made = namedtuple(name, names, defaults=defaults, module=body["__module__"])  # noqa: PYI024 - it makes one
            for field, value in body.items():
                if field not in ("__module__", "__qualname__"):
                    setattr(made, field, value)
            return made

    class NamedTuple(metaclass=_NamedTupleMaker):
        """A tuple whose items have names."""
