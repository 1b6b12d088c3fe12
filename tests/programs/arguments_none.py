# Where None is an argument like any other, and what is said of wrong arguments.
import itertools


def show(call):
    try:
        print(repr(call()))
    except Exception as error:
        print(type(error).__name__, error)


for builtin in (list, set, frozenset, tuple, enumerate, dict, reversed):
    show(lambda: builtin(None))
show(lambda: [1].index(1, None))
show(lambda: (1,).index(1, None))
show(lambda: enumerate([], None))
show(lambda: [1].__init__(None))
show(lambda: min(0, default=1, key=2, foo=3))
show(lambda: ImportError(namez=1))
show(lambda: chr(2**70))
show(lambda: compile("1", "", "eval", 0xFF))
show(lambda: {}.update([object()]))
show(lambda: sum([2 + 1j, 10e100j, 1j, -10e100j]))
show(lambda: (-0.0) ** float("-inf"))
show(lambda: type("a", (), None))
try:
    dict([1])
except TypeError as error:
    print(error, error.__notes__)


class Text(str):
    def __float__(self):
        return 9.5


show(lambda: float(Text("8")))


class Hashed:
    def __init__(self):
        self.compared = self.hashed = 0

    def __hash__(self):
        self.hashed += 1
        return 42

    def __eq__(self, other):
        self.compared += 1
        return self is other


one, two = Hashed(), Hashed()
mapping = {one: 1}
mapping.setdefault(two, 2)
print(one.compared + two.compared, two.hashed)
dict.fromkeys(set(mapping))
dict.fromkeys(mapping)
print(one.hashed)

view = memoryview(bytearray(b"abcdef"))


class Releases:
    def __index__(self):
        view.release()
        return 3


show(lambda: bytes(view[: Releases()]))
show(lambda: view[0])
print(view == view, view == memoryview(b"abcdef"), view != b"abcdef")
view = memoryview(bytearray(b"abcdef"))


def assign(key, value):
    view[key] = value


show(lambda: assign(slice(Releases()), b"abc"))
view = memoryview(bytearray(b"abcdef"))
show(lambda: assign(7, "no"))
show(lambda: assign(slice(0, 2), b"abc"))
show(lambda: view[0, slice(1)])


class Separator(bytes):
    def __len__(self):
        view.release()
        return 1


show(lambda: view.hex(Separator(b":")))

iterator = iter("xyz")


class Key(str):
    def __hash__(self):
        return hash("iter")

    def __eq__(self, other):
        list(iterator)
        return True


namespace = {Key("other"): iter, "iterator": iterator}
print(eval("iterator.__reduce__()", {"__builtins__": namespace, "iterator": iterator})[1:])
