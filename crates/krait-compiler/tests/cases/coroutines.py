async def f(a):
    async with a as b, c:
        await b
    async for i in a:
        yield i
    else:
        return
    return_ = [x async for x in a if await x]

async def g():
    return {k: v async for k, v in z}, (q for q in z)

def h():
    x = yield
    y = yield from x
    return all(x for x in y) and tuple(x for x in y)
