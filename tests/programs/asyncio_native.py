"""Futures and tasks of asyncio, which are native."""
import asyncio, time, gc, weakref, traceback, sys, contextvars
v=contextvars.ContextVar('v',default=0)
async def leaf(n): 
    await asyncio.sleep(0); return n
async def main():
    r=await asyncio.gather(*[leaf(i) for i in range(10)])
    print(r)
    t=asyncio.create_task(leaf(3),name='x'); print(t.get_name(), t in asyncio.all_tasks(), asyncio.current_task() is not None)
    print(await t, t.done(), t.exception(), t.get_coro().__name__)
    async def bad(): raise ValueError('no')
    t=asyncio.create_task(bad())
    try: await t
    except ValueError as e: print('caught',e, traceback.format_exc().count('File'))
    async def slow():
        try: await asyncio.sleep(10)
        except asyncio.CancelledError as e: print('cancelled', e.args); raise
    t=asyncio.create_task(slow()); await asyncio.sleep(0); t.cancel('msg')
    try: await t
    except asyncio.CancelledError as e: print('C', e.args, t.cancelled(), t.cancelling())
    try:
        async with asyncio.timeout(0.01): await asyncio.sleep(5)
    except TimeoutError as e: print('timeout')
    async with asyncio.TaskGroup() as tg:
        a=tg.create_task(leaf(1)); b=tg.create_task(leaf(2))
    print(a.result(), b.result())
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(bad()); tg.create_task(slow())
    except* ValueError as e: print('group', e.exceptions)
    f=asyncio.get_running_loop().create_future()
    f.add_done_callback(lambda f: print('cb', f.result()))
    f.set_result(5); print(await f)
    print(f.done(), f._callbacks, f._state)
    async def selfwait(): await me
    me=asyncio.create_task(selfwait())
    try: await me
    except RuntimeError as e: print(str(e)[:40])
    async def ctx(): v.set(v.get()+1); return v.get()
    print(await asyncio.create_task(ctx()), v.get())
    loop=asyncio.get_running_loop(); loop.set_task_factory(asyncio.eager_task_factory)
    t=asyncio.create_task(ctx()); print(t.done(), t.result())
    t=asyncio.create_task(leaf(9)); print(t.done(), await t)
    loop.set_task_factory(None)
    t=asyncio.create_task(leaf(1)); print(len(t.get_stack())); await t
    print(len(asyncio.all_tasks()))
    w=asyncio.create_task(asyncio.wait_for(asyncio.shield(leaf(2)),1)); print(await w)
    q=asyncio.Queue()
    async def prod():
        for i in range(5): await q.put(i); await asyncio.sleep(0)
        await q.put(None)
    async def cons():
        out=[]
        while (x:=await q.get()) is not None: out.append(x)
        return out
    _,o=await asyncio.gather(prod(),cons()); print(o)
    print(isinstance(t,asyncio.Future), asyncio.isfuture(t), asyncio.Future[int])
    f=loop.create_future(); g=loop.create_future()
    waiters=[asyncio.create_task(asyncio.wait_for(f,None)) for _ in range(2)]; await asyncio.sleep(0)
    print(len(f._asyncio_awaited_by), g._asyncio_awaited_by); f.set_result(1); print(await asyncio.gather(*waiters), len(f._asyncio_awaited_by))
    g.add_done_callback(print); g.add_done_callback(print); print(g.remove_done_callback(print), g._callbacks); g.cancel("bye")
    for call in (g.result, g.exception, lambda: g.set_result(1), lambda: loop.create_future().result(), lambda: loop.create_future().set_exception(1)):
        try: call()
        except BaseException as e: print(type(e).__name__, e)
    async def wrong(x): return await Odd(x)
    class Odd:
        def __init__(self,x): self.x=x
        def __await__(self): yield self.x
    for x in (1, asyncio.get_running_loop().create_future()):
        try: await asyncio.create_task(wrong(x))
        except RuntimeError as e: print(str(e)[:45])
    class Sub(asyncio.Future): pass
    s=Sub(); loop.call_soon(s.set_result, "sub"); print(await s)
    s.extra=1; print(s.extra)

print(asyncio.Task.__module__, asyncio.current_task.__module__)
asyncio.run(main())
asyncio.run(main(), debug=True)
async def exits(): raise SystemExit(3)
try: asyncio.run(exits())
except SystemExit as e: print("exit", e.code)
class Loop:
    def get_debug(self): return False
    def call_soon(self, *args, **kwargs): print("soon", len(args), sorted(kwargs))
    def call_exception_handler(self, context): print("handler", context["message"])
f=asyncio.Future(loop=Loop()); f.set_exception(ValueError("lost")); del f
async def never(): pass
coro=never(); t=asyncio.Task(coro, loop=Loop(), name="n"); print(t.get_name(), t._state); del t; coro.close()
f=asyncio.Future.__new__(asyncio.Future)
for name in ("result", "exception", "cancel", "get_loop", "__repr__", "__await__"):
    try: getattr(f, name)()
    except Exception as e: print(name, type(e).__name__, e)
