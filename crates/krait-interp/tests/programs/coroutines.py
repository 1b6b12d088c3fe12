# Coroutines, asynchronous generators, comprehensions and context managers, driven by hand.
class Suspend:
    def __init__(self, value): self.value = value
    def __await__(self):
        got = yield self.value
        return got

def run(coro, *sends):
    sends = list(sends)
    value = None
    while True:
        try:
            out = coro.send(value)
        except StopIteration as e:
            return e.value
        print("suspended", out)
        value = sends.pop(0) if sends else None

async def simple():
    x = await Suspend("one")
    y = await Suspend("two")
    return x, y
print(run(simple(), 1, 2))

async def agen(n):
    for i in range(n):
        await Suspend(f"agen {i}")
        yield i

async def consume():
    result = [x async for x in agen(3)]
    async for x in agen(2):
        result.append(x * 10)
    else:
        result.append("else")
    return result
print(run(consume()))

class ACM:
    async def __aenter__(self):
        print("aenter"); return "resource"
    async def __aexit__(self, kind, value, tb):
        print("aexit", kind); return True
async def with_async():
    async with ACM() as r:
        print(r)
        raise KeyError("suppressed")
    return "after"
print(run(with_async()))

c = simple()
try:
    c.send(1)
except TypeError as e:
    print(e)
run(c)
try:
    c.send(None)
except RuntimeError as e:
    print(e)

async def bad_await():
    await 5
try:
    run(bad_await())
except TypeError as e:
    print(e)
async def bad_for():
    async for x in [1]: pass
try:
    run(bad_for())
except TypeError as e:
    print(e)
async def bad_with():
    async with 5: pass
try:
    run(bad_with())
except TypeError as e:
    print(e)

async def thrower():
    try:
        await Suspend("waiting")
    except ValueError as e:
        return f"caught {e}"
t = thrower()
print(t.send(None))
try:
    t.throw(ValueError("thrown"))
except StopIteration as e:
    print(e.value)

async def ag():
    try:
        x = yield 1
        print("asend got", x)
        yield 2
    finally:
        print("ag finally")
async def drive():
    a = ag()
    print(await a.__anext__())
    print(await a.asend("hello"))
    await a.aclose()
    try:
        await a.__anext__()
    except StopAsyncIteration:
        print("stopped")
    b = ag()
    await b.__anext__()
    try:
        await b.athrow(ValueError("into"))
    except ValueError as e:
        print("out", e)
    return "driven"
print(run(drive()))
async def first_default():
    return await anext(agen(0), "default")
print(run(first_default()))
