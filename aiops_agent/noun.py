"""Dataclasses whose methods are made when they are first used: sixty nouns cost a tick 2 ms instead of 40.

The library's own decorator compiles six methods for each class as the module is imported, and brings `inspect` with it.
To a type checker these are the library's; to its `replace`, `fields` and `asdict` too. They are equal, shown and hashed
by their fields, as there.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import astuple as astuple
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import fields as fields
    from dataclasses import replace as replace
else:
    _NONE = object()
    _FIELDS = "__noun_fields__"
    _PLAIN = (type, type(int | None))
    """Kinds of annotations that are never of the class."""

    _PARAMETERS = type(list[int])

    _FEW = 6
    """Times that a noun is made by hand: to compile what makes it takes as long as ten of them."""

    class Field:
        """One field of a noun."""

        __slots__ = ("default", "default_factory", "init", "name", "repr")

        def __init__(self, default, default_factory, *, shown, given):
            self.name = ""
            self.init = given
            self.default = default
            self.default_factory = default_factory
            self.repr = shown

    def field(*, default=_NONE, default_factory=_NONE, repr=True, init=True):  # noqa: A002 - the library's word
        """Say more of a field than its type and default."""
        return Field(default, default_factory, shown=repr, given=init)

    def dataclass(*, frozen=False, slots=False, kw_only=False):
        """Return what makes a noun of a class with annotations."""
        return lambda plain: _noun(plain, frozen=frozen, slots=slots, kw_only=kw_only)

    def fields(noun):
        """Return the fields of a noun, in order."""
        return getattr(noun, _FIELDS)

    def astuple(noun):
        """Return the values of a noun of plain values."""
        return _values(noun)

    def replace(noun, /, **changes):
        """Return a noun that differs in what is named."""
        for each in fields(noun):
            if each.init and each.name not in changes:
                changes[each.name] = getattr(noun, each.name)
        return noun.__class__(**changes)

    def _noun(plain, *, frozen, slots, kw_only):
        body = {name: value for name, value in plain.__dict__.items() if name not in ("__dict__", "__weakref__")}
        annotated = body.get("__annotations__", {})
        # What is of the class and of no instance is no field, as in the library.
        names = [name for name, kind in annotated.items() if not _is_of_the_class(kind)]
        own = [_field(name, body.pop(name, _NONE)) for name in names]
        names = tuple(each.name for each in own)
        body[_FIELDS] = tuple(own)
        if slots:
            body["__slots__"] = names
        body["__qualname__"] = plain.__qualname__
        body["__match_args__"] = () if kw_only else names
        body["__dataclass_fields__"] = _ForTheLibrary()
        made = {"__init__": _first_init(frozen=frozen, kw_only=kw_only), "__eq__": _equal, "__repr__": _shown}
        made["__hash__"] = _hash if frozen else None
        if frozen:
            made.update(__setattr__=_refuse, __delattr__=_refuse, __getstate__=_values, __setstate__=_set_state)
        return type(plain)(plain.__name__, plain.__bases__, {**made, **body})

    def _is_of_the_class(kind):
        """Tell whether an annotation is a `ClassVar`: to show each as text takes a hundredth of a small tick."""
        if isinstance(kind, _PARAMETERS):
            return kind.__origin__.__name__ == "ClassVar"
        return type(kind) not in _PLAIN and "ClassVar" in repr(kind)

    def _field(name, default):
        found = default if isinstance(default, Field) else Field(default, _NONE, shown=True, given=True)
        found.name = name
        return found

    def _first_init(*, frozen, kw_only):
        made = 0

        def __init__(self, *args, **kwargs):  # noqa: N807 - it stands in for the one it makes
            nonlocal made
            kind = next(kind for kind in type(self).__mro__ if _FIELDS in kind.__dict__)
            made += 1
            if made > _FEW or not _is_set(self, fields(kind), () if kw_only else args, kwargs, len(args)):
                kind.__init__ = _compiled_init(kind, frozen=frozen, kw_only=kw_only)
                kind.__init__(self, *args, **kwargs)

        return __init__

    def _is_set(noun, all_fields, args, kwargs, given):
        """Set the fields from what fits; tell whether it did: what does not is refused by what is compiled."""
        wanted = [each for each in all_fields if each.init]
        if given != len(args) or given > len(wanted):
            return False
        values = dict(zip([each.name for each in wanted], args, strict=False))
        if not values.keys().isdisjoint(kwargs):
            return False
        values.update(kwargs)
        for each in wanted:
            if each.name not in values:
                if each.default_factory is not _NONE:
                    values[each.name] = each.default_factory()
                elif each.default is not _NONE:
                    values[each.name] = each.default
                else:
                    return False
        if len(values) != len(wanted):
            return False
        for name, value in values.items():
            object.__setattr__(noun, name, value)
        if hasattr(noun, "__post_init__"):
            noun.__post_init__()
        return True

    def _compiled_init(kind, *, frozen, kw_only):
        """Return an `__init__` as fast as one that is written by hand: records are made by the hundred thousand."""
        known = {"_none": _NONE, "_set": object.__setattr__}
        parameters, lines = ["self", *(["*"] if kw_only else [])], []
        for each in fields(kind):
            value = name = each.name
            if not each.init:
                continue
            if each.default_factory is not _NONE:
                known[f"_make_{name}"] = each.default_factory
                value = f"_make_{name}() if {name} is _none else {name}"
                parameters.append(f"{name}=_none")
            elif each.default is not _NONE:
                known[f"_default_{name}"] = each.default
                parameters.append(f"{name}=_default_{name}")
            else:
                parameters.append(name)
            lines.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
        if hasattr(kind, "__post_init__"):
            lines.append("self.__post_init__()")
        text = f"def __init__({', '.join(parameters)}):\n  " + "\n  ".join(lines or ["pass"])
        exec(text, known)  # noqa: S102 - as the library does: names of fields, nothing from outside
        return known["__init__"]

    def _values(self):
        return tuple([getattr(self, each.name) for each in fields(self)])

    def _set_state(self, state):
        for each, value in zip(fields(self), state, strict=True):
            object.__setattr__(self, each.name, value)

    def _equal(self, other):
        return _values(self) == _values(other) if other.__class__ is self.__class__ else NotImplemented

    def _hash(self):
        return hash(_values(self))

    def _shown(self):
        shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
        return f"{self.__class__.__qualname__}({shown})"

    def _refuse(self, name, *_):
        raise AttributeError(f"cannot assign to field {name!r} of a frozen {self.__class__.__name__}")

    class _ForTheLibrary:
        """What `dataclasses` looks for, made when it looks."""

        def __get__(self, noun, kind):
            from dataclasses import field as library_field
            from dataclasses import make_dataclass

            own = [(each.name, object, library_field(repr=each.repr, init=each.init)) for each in fields(kind)]
            return make_dataclass(kind.__name__, own).__dataclass_fields__
