# Driving coroutines by hand.
import types
class Awaitable:
    def __init__(self, value): self.value = value
    def __await__(self):
        got = yield self.value
        return got
async def add():
    a = await Awaitable("first")
    b = await Awaitable("second")
    return a + b
coro = add()
print(coro.send(None), coro.send(3))
try:
    coro.send(4)
except StopIteration as stop:
    print("result", stop.value)
async def failing():
    try:
        await Awaitable(1)
    finally:
        print("closing")
coro = failing()
coro.send(None)
coro.close()
@types.coroutine
def switch():
    return (yield "switched")
async def user(): return await switch()
coro = user()
print(coro.send(None), coro.cr_running, type(coro).__name__)
try:
    coro.throw(KeyError("k"))
except KeyError as error:
    print("KeyError", error)
try:
    coro.send(None)
except RuntimeError as error:
    print(error)
