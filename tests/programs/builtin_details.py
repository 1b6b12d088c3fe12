"""Small things of builtin classes and functions, each as CPython has it."""
import builtins
import gc
import io
import itertools
import operator
import os
import time
import types


def attempt(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


# Formats whose result is one text give that text.
text = "abcde"
print(all([
    "%s" % text is text, "%.5s" % text is text, "%1s" % text is text, "{0}".format(text) is text,
    "{0:.5s}".format(text) is text, "{0:5s}".format(text) is text, text.format() is text, text % () is text,
]))
print("%s|" % text, "%7s" % text, "%.2s" % text, "{:>7}".format(text), "{{}}".format(), "{0}{0}".format(1), "%%" % ())
print(attempt("{0[{1}]}".format, "abc"), "{0[{]}".format({"{": 1}), attempt("{a{b}}".format))
print(attempt(text.__mod__, 1), attempt("%c".__mod__, object()))


class Listed(set):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)


print(attempt(Listed, [1], x=2), attempt(set, x=1), attempt(set, 1, 2), attempt(Listed, [1]))


class BadLength:
    def __iter__(self):
        return iter([1])

    def __len__(self):
        raise RuntimeError("no length")


print(attempt(bytearray().extend, BadLength()), attempt(list, BadLength()))
array = bytearray(b",")


def items():
    print(attempt(array.clear))
    yield b"A"
    yield b"B"


print(array.join(items()), b"".join([b"only"]))


class OddText(str):
    __hash__ = str.__hash__

    def __eq__(self, other):
        return True


print(attempt(lambda: print(0, **{OddText("foo"): ","})), attempt(lambda: round(1.75, **{OddText("foo"): 1})))
print(attempt(itertools.product, 0, repeat=1, foo=2), attempt(itertools.product, [0], foo=2))
print(list(itertools.product("ab", repeat=2)), list(itertools.pairwise("abcd")))
pairs = itertools.pairwise([None, [], None])
gc.collect()
print(gc.is_tracked(next(pairs)), gc.is_tracked((1, "a")), gc.is_tracked((object(),)), gc.is_tracked(([],)))

# `all` and `any` of a generator are the true ones unless the name means something else.
saved = all, any


def both():
    return all(x - 2 for x in [1, 2, 3]), any(x for x in [0])


print(both())
builtins.all = builtins.any = lambda iterable: "other"
print(both())
builtins.all, builtins.any = saved
print(both())

time.struct_time.note = 1
os.stat_result.note = 2
print(time.gmtime(0).note, os.stat(".").note)
del time.struct_time.note, os.stat_result.note
print(attempt(setattr, type(__import__("sys").flags), "note", 1))


class Space(types.SimpleNamespace):
    def __new__(cls, *args, **kwargs):
        return 12 if made else super().__new__(cls)


made = False
space = Space()
made = True
print(attempt(space.__replace__))


def function():
    pass


function.__code__ = function.__code__.replace(co_code=b"\x7f" + function.__code__.co_code[1:])
print(attempt(function).rpartition(": ")[2].partition(" (")[0])
