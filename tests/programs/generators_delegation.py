# Exceptions thrown through `yield from`, and how generators end.
import sys


def inner():
    try:
        yield 1
    except ValueError:
        return "handled"


def outer():
    result = yield from inner()
    print("inner returned", result)
    yield 5


g = outer()
print(next(g), g.throw(ValueError))


class Returns:
    def __iter__(self):
        return self

    def __next__(self):
        return 1

    def throw(self, *error):
        raise StopIteration("from throw")


def delegate():
    print("delegate gave", (yield from Returns()))
    yield 2


g = delegate()
print(next(g), g.throw(KeyError))


class Odd(Exception):
    def __new__(cls, *args):
        return cls


def plain():
    yield


g = plain()
next(g)
try:
    g.throw(Odd)
except TypeError as error:
    print(error)
print(list(g))


class Noisy:
    def __del__(self):
        print("argument gone")


def keeps(argument):
    yield


g = keeps(Noisy())
g.close()
print("closed")


def frame_of():
    yield sys._getframe()


frame = next(frame_of())
print(frame.f_back)


async def coroutine():
    pass


made = coroutine()
print("into coroutine" in made.send.__doc__, "inside coroutine" in made.close.__doc__)
made.close()
