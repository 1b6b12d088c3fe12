"""Objects whose special methods change what they are used in. Every case is run over a fresh copy of this.

A case arms the objects with its mutations: a special method that is called runs one of them while there are
some left, notes that it was called, and then answers as its class would, or with something odd.
"""
import array, bisect, codecs, collections, contextlib, contextvars, copy, csv, datetime, decimal, enum, fractions
import functools, gc, heapq, io, itertools, json, math, operator, pickle, re, struct, sys, types, weakref
import _collections_abc, asyncio

LOG = []
STATE = {"left": 0, "skip": 0, "odd": 0, "turn": 0, "depth": 0}
MUTATIONS = []
ODD = (None, -1, 2**63, 2**100, -2**63 - 1, "odd", b"odd", NotImplemented, 1.5, (), [], ..., "raise", "stop", "self")


class Case(Exception):
    """What hostile objects raise."""


def arm(mutations, left, skip, odd):
    MUTATIONS[:] = mutations
    STATE.update(left=left, skip=skip, odd=odd, turn=0, depth=0)


def disarm():
    STATE.update(left=0, odd=0)


def hit(what, owner, normal):
    """Runs a mutation, if it is time for one, and says what a special method answers."""
    STATE["turn"] += 1
    if STATE["turn"] > 2000:
        raise Case("enough")
    if len(LOG) < 200:
        LOG.append(what)
    if STATE["skip"] > 0:
        STATE["skip"] -= 1
    elif STATE["left"] > 0 and STATE["depth"] < 3 and MUTATIONS:
        STATE["left"] -= 1
        STATE["depth"] += 1
        try:
            MUTATIONS[STATE["left"] % len(MUTATIONS)]()
        finally:
            STATE["depth"] -= 1
    odd = STATE["odd"]
    if odd and STATE["turn"] % odd == 0:
        answer = ODD[(STATE["turn"] // odd + odd) % len(ODD)]
        if answer == "raise":
            raise Case(what)
        if answer == "stop":
            raise StopIteration
        return owner if answer == "self" else answer
    return normal


class Base:
    """The special methods; `n` is the object's number."""
    __slots__ = ()
    n = 1

    def __eq__(self, other): return hit("eq", self, self is other or getattr(other, "n", other) == self.n)
    def __ne__(self, other): return hit("ne", self, self is not other)
    def __lt__(self, other): return hit("lt", self, self.n < getattr(other, "n", 2))
    def __le__(self, other): return hit("le", self, self.n <= getattr(other, "n", 2))
    def __gt__(self, other): return hit("gt", self, self.n > getattr(other, "n", 2))
    def __ge__(self, other): return hit("ge", self, self.n >= getattr(other, "n", 2))
    def __hash__(self): return hit("hash", self, self.n % 3)
    def __bool__(self): return hit("bool", self, self.n % 2 == 0)
    def __len__(self): return hit("len", self, self.n)
    def __length_hint__(self): return hit("length_hint", self, 2)
    def __index__(self): return hit("index", self, self.n)
    def __int__(self): return hit("int", self, self.n)
    def __float__(self): return hit("float", self, float(self.n))
    def __complex__(self): return hit("complex", self, complex(self.n))
    def __trunc__(self): return hit("trunc", self, self.n)
    def __round__(self, *digits): return hit("round", self, self.n)
    def __repr__(self): return hit("repr", self, "H%d" % self.n)
    def __str__(self): return hit("str", self, "h%d" % self.n)
    def __bytes__(self): return hit("bytes", self, b"h%d" % self.n)
    def __format__(self, spec): return hit("format", self, "f%d%s" % (self.n, spec[:20]))
    def __fspath__(self): return hit("fspath", self, "p%d" % self.n)
    def __iter__(self): return hit("iter", self, Steps(self.n + 1))
    def __reversed__(self): return hit("reversed", self, Steps(self.n))
    def __contains__(self, item): return hit("contains", self, False)
    def __getitem__(self, key):
        if isinstance(key, int) and key > 4: raise IndexError(key)
        return hit("getitem", self, self.n)
    def __setitem__(self, key, value): hit("setitem", self, None)
    def __delitem__(self, key): hit("delitem", self, None)
    def __missing__(self, key): return hit("missing", self, key)
    def keys(self): return hit("keys", self, ["k%d" % self.n, "m"])
    def __call__(self, *args, **kwargs): return hit("call", self, args[0] if args else self)
    def __add__(self, other): return hit("add", self, self)
    def __radd__(self, other): return hit("radd", self, other)
    def __iadd__(self, other): return hit("iadd", self, self)
    def __sub__(self, other): return hit("sub", self, self.n)
    def __rsub__(self, other): return hit("rsub", self, self.n)
    def __mul__(self, other): return hit("mul", self, self.n)
    def __rmul__(self, other): return hit("rmul", self, self.n)
    def __mod__(self, other): return hit("mod", self, self.n)
    def __rmod__(self, other): return hit("rmod", self, "%d" % self.n)
    def __truediv__(self, other): return hit("truediv", self, 0.5)
    def __floordiv__(self, other): return hit("floordiv", self, 1)
    def __rfloordiv__(self, other): return hit("rfloordiv", self, 1)
    def __divmod__(self, other): return hit("divmod", self, (1, 0))
    def __pow__(self, other, modulus=None): return hit("pow", self, self.n)
    def __rpow__(self, other, modulus=None): return hit("rpow", self, self.n)
    def __and__(self, other): return hit("and", self, other)
    def __or__(self, other): return hit("or", self, other)
    def __ror__(self, other): return hit("ror", self, other)
    def __xor__(self, other): return hit("xor", self, other)
    def __neg__(self): return hit("neg", self, -self.n)
    def __abs__(self): return hit("abs", self, self.n)
    def __enter__(self): return hit("enter", self, self)
    def __exit__(self, *error): return hit("exit", self, False)
    def __get__(self, instance, owner=None): return hit("get", self, self.n)
    def __set__(self, instance, value): hit("set", self, None)
    def __delete__(self, instance): hit("delete", self, None)
    def __set_name__(self, owner, name): hit("set_name", self, None)
    def __await__(self): return hit("await", self, iter(()))
    def __reduce_ex__(self, protocol): return hit("reduce", self, (int, (self.n,)))
    def __copy__(self): return hit("copy", self, self)
    def __deepcopy__(self, memo): return hit("deepcopy", self, self)
    def __instancecheck__(self, instance): return hit("instancecheck", self, True)
    def __subclasscheck__(self, cls): return hit("subclasscheck", self, False)
    def __mro_entries__(self, bases): return hit("mro_entries", self, (Plain,))
    def __buffer__(self, flags): return hit("buffer", self, memoryview(bytearray(b"buffer%d" % self.n)))
    def __release_buffer__(self, view): hit("release_buffer", self, None)
    def __del__(self): hit("del", self, None)
    def __sizeof__(self): return hit("sizeof", self, 64)
    def __dir__(self): return hit("dir", self, ["a", "b"])
    def write(self, data): return hit("write", self, len(data))
    def read(self, *size): return hit("read", self, b"r%d" % self.n)
    def readline(self, *size): return hit("readline", self, b"l%d\n" % self.n)
    def readinto(self, buffer): return hit("readinto", self, min(2, len(buffer)))
    def readable(self): return hit("readable", self, True)
    def writable(self): return hit("writable", self, True)
    def seekable(self): return hit("seekable", self, True)
    def seek(self, *where): return hit("seek", self, 0)
    def tell(self): return hit("tell", self, 0)
    def flush(self): return hit("flush", self, None)
    def close(self): return hit("close", self, None)
    closed = False
    def utcoffset(self, when): return hit("utcoffset", self, datetime.timedelta(hours=self.n))
    def dst(self, when): return hit("dst", self, None)
    def tzname(self, when): return hit("tzname", self, "Z%d" % self.n)


class H(Base):
    def __init__(self, n=1): self.n = n


class Slotted(Base):
    __slots__ = ("n", "other", "__weakref__")
    def __init__(self, n=1): self.n = n


class Meta(type):
    """A metaclass that interferes."""
    def __instancecheck__(cls, instance): return hit("m.instancecheck", cls, True)
    def __subclasscheck__(cls, other): return hit("m.subclasscheck", cls, True)
    def __eq__(cls, other): return hit("m.eq", cls, cls is other)
    def __hash__(cls): return hit("m.hash", cls, 3)
    def __call__(cls, *args): return hit("m.call", cls, type.__call__(cls, *args))
    def mro(cls): return hit("m.mro", cls, type.mro(cls))
    def __getattr__(cls, name): return hit("m.getattr", cls, 1)


class Plain:
    """A class that mutations may change, with nothing hostile of its own."""
    value = 1
    def method(self, *args): return args


class Other:
    value = 2
    def method(self, *args): return self


class Attributes:
    """Attribute access that interferes."""
    n = 2
    def __getattribute__(self, name): return hit("getattribute", self, object.__getattribute__(self, name))
    def __getattr__(self, name): return hit("getattr", self, 1)
    def __setattr__(self, name, value):
        hit("setattr", self, None)
        object.__setattr__(self, name, value)
    def __delattr__(self, name):
        hit("delattr", self, None)
        object.__delattr__(self, name)


class Steps:
    """An iterator."""
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        if self.n <= 0 or self.n > 20: raise StopIteration
        self.n -= 1
        return hit("next", self, self.n)
    def __length_hint__(self): return hit("step_hint", self, 3)
    def send(self, value): return self.__next__()
    def throw(self, *error): return hit("throw", self, 1)
    def close(self): hit("step_close", self, None)
    def __anext__(self): return hit("anext", self, H(1))
    def __aiter__(self): return self


def grown(base, value):
    """A class of a builtin with the special methods, and an instance made of `value`."""
    def __new__(cls, *args):
        hit("new", cls, None)
        return base.__new__(cls, *args)
    special = {
        name: method for name, method in vars(Base).items()
        if name in ("__eq__", "__hash__", "__lt__", "__index__", "__len__", "__iter__", "__getitem__", "__setitem__",
                    "__contains__", "__repr__", "__str__", "__del__", "__format__", "__missing__", "__add__", "keys",
                    "__bool__", "__int__", "__float__", "__reduce_ex__")
    }
    if base in (int, float, str, bytes, tuple, frozenset):
        for name in ("__iter__", "__getitem__", "__len__", "keys"):
            special.pop(name, None)
    if base in (list, tuple, str, bytes, bytearray, dict, set, frozenset, collections.deque):
        for name in ("__index__", "__int__", "__float__"):
            special.pop(name, None)
    return type("H" + base.__name__, (base,), {**special, "__new__": __new__, "n": 1})(value)


def handler(error):
    """An error handler of codecs."""
    return hit("handler", None, ("?", error.end))


def key(item):
    return hit("key", None, getattr(item, "n", 1))


def compare(a, b):
    return hit("cmp", None, (getattr(a, "n", 1) > getattr(b, "n", 1)) - (getattr(a, "n", 1) < getattr(b, "n", 1)))


def function(*args, **kwargs):
    return hit("function", None, args[0] if args else 0)


def truth(*args):
    return hit("truth", None, True)


def values(count):
    """A generator that mutates between its values."""
    for number in range(count):
        yield hit("yield", None, number)


def pairs(count):
    for number in range(count):
        yield hit("pair", None, ("p%d" % number, number))


def callback(*args):
    hit("callback", None, None)


async def waiting(awaitable=None):
    hit("coroutine", None, None)
    if awaitable is not None:
        return await awaitable
    return 1


async def stream(count):
    for number in range(count):
        yield hit("stream", None, number)


def drive(coroutine):
    """Runs a coroutine without a loop, a few steps."""
    try:
        for _ in range(5):
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    finally:
        coroutine.close()
