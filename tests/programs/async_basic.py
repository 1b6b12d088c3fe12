# asyncio: tasks, gather, queues, timeouts, async iteration and contexts.
import asyncio
async def worker(name, delay, out, event=None):
    await asyncio.sleep(delay)
    if event is not None:
        await event.wait()
    out.append(name)
    return name.upper()
class Ticker:
    def __init__(self, n): self.n = n
    def __aiter__(self): return self
    async def __anext__(self):
        if not self.n: raise StopAsyncIteration
        self.n -= 1
        await asyncio.sleep(0)
        return self.n
class Manager:
    async def __aenter__(self): print("aenter"); return self
    async def __aexit__(self, *exc): print("aexit", exc[0] and exc[0].__name__); return True
async def agen():
    for i in range(3):
        yield i
        await asyncio.sleep(0)
async def main():
    out = []
    event = asyncio.Event()
    slow = asyncio.create_task(worker("slow", 0, out, event))
    fast = asyncio.create_task(worker("fast", 0.001, out))
    fast.add_done_callback(lambda task: event.set())
    print(await asyncio.gather(slow, fast), out)
    print([n async for n in Ticker(3)], [n async for n in agen() if n], {n: n async for n in agen()})
    async with Manager():
        raise ValueError("inside")
    queue = asyncio.Queue()
    async def produce():
        for i in range(3): await queue.put(i)
        await queue.put(None)
    task = asyncio.create_task(produce())
    while (item := await queue.get()) is not None:
        print("item", item)
    await task
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.01)
    except TimeoutError:
        print("timeout")
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(worker(str(i), 0, out)) for i in range(2)]
    print([t.result() for t in tasks])
asyncio.run(main())
