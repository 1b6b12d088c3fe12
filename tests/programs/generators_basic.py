# Generators: send, throw, close, return values, delegation.
def squares(n):
    for i in range(n):
        got = yield i * i
        if got:
            print("got", got)
    return "done"
gen = squares(3)
print(next(gen), gen.send("hello"), next(gen))
try:
    next(gen)
except StopIteration as stop:
    print("stopped", stop.value)
def delegate():
    result = yield from squares(2)
    print("result", result)
    yield from "ab"
print(list(delegate()))
def careful():
    try:
        while True:
            try:
                yield 1
            except ValueError as error:
                print("caught", error)
    finally:
        print("cleanup")
gen = careful()
next(gen)
print(gen.throw(ValueError("oops")))
gen.close()
print(sum(x * x for x in range(10)), max((len(w), w) for w in ["aa", "b", "ccc"]))
def bad():
    yield 1
    raise StopIteration
try:
    list(bad())
except RuntimeError as error:
    print(error)
class NotAnException(Exception):
    def __new__(cls): return cls
try:
    gen = squares(1)
    next(gen)
    gen.throw(NotAnException)
except TypeError as error:
    print(error)
