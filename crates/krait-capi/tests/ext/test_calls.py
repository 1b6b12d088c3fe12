"""Arguments, results, errors, buffers, capsules, threads."""
import warnings

import calls


def attempt(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


class Index:
    def __index__(self):
        return 300


class Float:
    def __float__(self):
        return 2.5


for form, arguments in {
    "ii:f": [(1, 2), (1,), (1, 2, 3), ("a", 1), (1, 1.5), (1 << 40, 1), (Index(), 2)],
    "i|i:f": [(1,), (), (1, 2, 3)],
    "|ii:f": [(), (1, 2, 3)],
    "ii": [(1,), (1, "x")],
    "ii;two ints please": [(1,), (1, "x")],
    "s": [("text",), ("a\0b",), (b"x",), (None,), ("\ud800",), (5,)],
    "z": [("text",), (None,), (5,)],
    "y": [(b"bytes",), (b"a\0b",), ("x",), (bytearray(b"x"),), (memoryview(b"mem"),)],
    "s#": [("t\xe9xt",), (b"by\0tes",), (bytearray(b"x"),), (5,), (None,)],
    "z#": [(None,), ("x",), (5,)],
    "y#": [(b"x\0y",), ("x",), (5,)],
    "s*": [("text",), (bytearray(b"x"),), (5,)],
    "z*": [(None,), ("text",)],
    "y*": [(b"x",), (memoryview(b"abcd")[::2],), ("x",)],
    "w*": [(bytearray(b"ab"),), (b"x",), (5,)],
    "b": [(255,), (256,), (-1,), ("x",)],
    "B": [(256 + 7,), (-1,)],
    "h": [(-32768,), (32768,)],
    "H": [(65536 + 1,)],
    "I": [(-1,), (1 << 32,)],
    "l": [(-(1 << 63),), (1 << 63,), (1.5,)],
    "k": [(-1,), (1 << 70,)],
    "n": [(5,), (1 << 63,), (Index(),), (1.5,)],
    "L": [(-(1 << 63),), (1 << 63,)],
    "K": [((1 << 64) - 1,)],
    "d": [(1,), (Float(),), ("x",)],
    "f": [(0.5,)],
    "D": [(1 + 2j,), (3,), ("x",)],
    "c": [(b"x",), (bytearray(b"y"),), (b"xy",), ("x",)],
    "C": [("\u20ac",), ("xy",), (b"x",)],
    "p": [([],), ([0],)],
    "S": [(b"x",), ("x",)],
    "U": [("x",), (b"x",)],
    "Y": [(bytearray(b"x"),), (b"x",)],
    "O": [(None,)],
    "O!": [({1: 2},), ([],), (None,)],
    "O&": [(4,), (3,), ("x",)],
    "i(s(ii))": [(1, ("t", (2, 3))), (1, ["t", [2, 3]]), (1, ("t", (2,))), (1, ("t", (2, "x"))), (1, 5), (1, "ab")],
    "i(s(ii)):g": [(1, ("t", (2, "x"))), (1, (5, (2, 3)))],
    "es": [("h\u00e9",), (b"x",), ("\x00",)],
    "et": [("",), (b"raw",), (5,)],
    "es#": [("h\u00e9\0",), (5,)],
}.items():
    for args in arguments:
        print(form, args if not isinstance(args[0] if args else 0, (memoryview, Index, Float)) else "...", "->", attempt(calls.parse, form, args))

for args, kwargs in [
    ((1,), {}),
    ((1, 2, "three"), {"third": 4}),
    ((1,), {"third": 4}),
    ((1,), {"second": "s", "first": 9}),
    ((), {}),
    ((1, 2, "x", 4), {}),
    ((1, 2, "x", 4, 5), {}),
    ((1, 2), {"first": 3}),
    ((1,), {"fourth": 3}),
    ((1,), {"second": 5}),
    ((), {"first": 1}),
    ((1,), {"": 1}),
]:
    print(args, kwargs, attempt(calls.keywords, *args, **kwargs))
for args, kwargs in [((1, 2), {}), ((1,), {}), ((1,), {"b": 2}), ((), {"b": 2}), ((1, 2, 3), {}), ((), {"a": 1, "b": 2, "c": 3}), ((1, 2), {"c": 1})]:
    print(args, kwargs, attempt(calls.required, *args, **kwargs))
print(attempt(calls.unpack), calls.unpack(1), calls.unpack(1, 2), attempt(calls.unpack, 1, 2, 3))
print(attempt(calls.unpack, x=1), attempt(calls.build, 1), attempt(calls.iterate))
print(calls.build())
print(calls.formats("\u00e9"))
print(calls.formats(5))
for which in range(5):
    print(which, attempt(calls.bad_format, which))
for which in range(13):
    text = attempt(calls.raising, which)
    # The message of an internal error names the file and line of the C source.
    print(which, text.rsplit(":", 1)[1] if which == 5 else text)
try:
    calls.raising(11)
except RuntimeError as error:
    print(repr(error.__cause__), error.__suppress_context__)
try:
    calls.raising(4)
except OSError as error:
    print(error.errno, error.filename, type(error))
try:
    raise ValueError("outer")
except ValueError:
    try:
        calls.raising(0)
    except ValueError as error:
        print(repr(error.__context__))


def raiser(error):
    def raise_it():
        raise error

    return raise_it


print(calls.catching(lambda: 5), calls.catching(raiser(KeyError("k"))), calls.catching(raiser(TypeError())))
print(attempt(calls.catching, raiser(OSError("other"))))


def show(*args, **kwargs):
    return args, kwargs


print(calls.call_all(show))
print(attempt(calls.call_all, 5))
items = []
print(calls.call_methods(items), items)

array = bytearray(b"HAL")


def grow():
    array.append(1)


print(calls.holding(array, lambda: "held"), array)
print(attempt(calls.holding, array, grow), array)
array.append(33)
print(array, attempt(calls.holding, b"const", grow), attempt(calls.holding, 5, grow))
view, static = calls.views(b"viewed")
print(bytes(view), bytes(static), static.readonly, len(static), static.format, attempt(calls.views, 5))
print(calls.capsules())
print(calls.threads(lambda: "in thread"), attempt(calls.threads, raiser(KeyError(1))))
for value in [0, 1, -1, 1 << 62, 1 << 63, -(1 << 63), -(1 << 63) - 1, (1 << 95) - 1, True]:
    print(value, calls.numbers(value))
print(attempt(calls.numbers, "x"))
print(calls.operators(3, 2), calls.operators(2.0, 2), attempt(calls.operators, "x", 2))
print(calls.iterate("abc"), calls.iterate({1: 2}), attempt(calls.iterate, 5), attempt(calls.iterate, map(int, ["1", "x"])))


class Holder:
    pass


print(calls.attributes(Holder()), attempt(calls.attributes, 5))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    calls.warn("something")
    print([str(each.message) for each in caught], caught[0].category.__name__)
with warnings.catch_warnings():
    warnings.simplefilter("error")
    print(attempt(calls.warn, 1))
print(calls.import_and_eval("sqrt(16) + floor(2.5)"), attempt(calls.import_and_eval, "1 +"), attempt(calls.import_and_eval, "nothing"))
