# Generators: send, throw, close, delegation, return values, errors.
def echo():
    received = []
    try:
        while True:
            received.append((yield len(received)))
    except GeneratorExit:
        print("closed with", received)
        raise
    finally:
        print("finally")

g = echo()
try:
    g.send(1)
except TypeError as e:
    print(e)
print(next(g), g.send("a"), g.send("b"))
g.close()
g.close()
print(list(g))

def inner():
    try:
        x = yield 1
        print("inner got", x)
    except ValueError as e:
        print("inner caught", e)
        yield "recovered"
    return "result"

def outer():
    r = yield from inner()
    print("outer got", r)
    yield from [10, 20]
    return "end"

g = outer()
print(next(g), g.throw(ValueError("boom")), next(g), next(g))
try:
    next(g)
except StopIteration as e:
    print("stop", e.value)

def bad():
    yield 1
    raise StopIteration("inside")
try:
    list(bad())
except RuntimeError as e:
    print(e, repr(e.__cause__))

def running():
    yield next(me)
me = running()
try:
    next(me)
except ValueError as e:
    print(e)

def ignores():
    while True:
        try:
            yield
        except GeneratorExit:
            pass
g = ignores(); next(g)
try:
    g.close()
except RuntimeError as e:
    print(e)
import_free = (x * x for x in range(5) if x % 2)
print(next(import_free), list(import_free))
print(sum(x for x in range(100)), max(len(str(x)) for x in range(200)))

def many(n):
    for i in range(n):
        yield i
total = 0
for i in many(1000):
    for j in many(3):
        total += i * j
print(total)

def tree(d):
    if d:
        yield from tree(d - 1)
        yield d
        yield from tree(d - 1)
print(list(tree(4)))
def returns():
    return 5
    yield
g = returns()
print(g.gi_code.co_name, g.gi_running, g.gi_suspended, g.gi_frame is None, g.gi_yieldfrom)
try:
    next(g)
except StopIteration as e:
    print(e.args, g.gi_frame)
g = many(2)
print(g.__name__, g.__qualname__)
def closeval():
    try:
        yield 1
    except GeneratorExit:
        return "closed value"
g = closeval(); next(g)
print(g.close())
