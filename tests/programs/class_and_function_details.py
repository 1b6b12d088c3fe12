"""Classes whose order has foreign classes, repeated keywords, names of annotate functions, code of another kind."""
import collections
import os
import warnings


class Base:
    value = 1


class Meta(type):
    def mro(cls):
        return cls, Base, object


class Weird(metaclass=Meta):
    pass


class Below(Weird):
    pass


for value in 1, 2, 3:
    Base.value = value
    print([(Base.value, Weird.value, Below.value, Weird().value) for _ in range(3)])

try:
    compile("class C(metaclass=type, metaclass=type): pass", "?", "exec")
except SyntaxError as error:
    print(error.msg)


def outer() -> None:
    def nested(a: int): pass
    return nested


class Annotated:
    x: int

    def method(self, a: int): pass


print(outer.__annotate__.__qualname__, outer().__annotate__.__qualname__)
print(Annotated.__annotate__.__qualname__, Annotated.method.__annotate__.__qualname__)


def plain(): pass
def generator(): yield


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    plain.__code__ = generator.__code__
    plain.__code__ = plain.__code__
print([str(warning.message) for warning in caught])
print(float.__getformat__.__self__, float.__getformat__("double")[:4])

for call in "f(**{1: 3}, **{1: 5})", "f(**{1: 3})", "f(**{'a': 1}, **{'a': 2})":
    try:
        eval(call, {"f": outer})
    except TypeError as error:
        print(error)

rows = collections.deque()
forwards, backwards = iter(rows), reversed(rows)
rows.append(10)
print(next(backwards, "ended"))
try:
    next(forwards)
except RuntimeError as error:
    print(error)

# An error of flushing is not lost when closing goes on.
for mode in "w", "wb":
    reading, writing = os.pipe()
    os.close(reading)
    file = os.fdopen(writing, mode)
    file.write("x" if mode == "w" else b"x")
    try:
        file.close()
    except BrokenPipeError as error:
        print(error, file.closed)
