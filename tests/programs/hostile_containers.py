# Containers whose items change them while they are used, and sizes that cannot be had.
import collections
import contextvars
import functools
import gc
import weakref


def said(function, *args):
    try:
        result = function(*args)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return result


class Meddler:
    """Calls a function when it is compared."""

    def __init__(self, meddle): self.meddle = meddle
    def __lt__(self, other): self.meddle(); return False
    def __eq__(self, other): self.meddle(); return True
    def __hash__(self): return 1
    def __repr__(self): self.meddle(); return "Meddler"


print("a list that is being sorted")
for change in ("items[:] = [1] * 40", "items += [1] * 40", "items.extend(range(40))", "items.append(1)",
               "items.insert(0, 1)", "items[1:1] = [2]", "items[:] = []", "items.clear()", "del items[::2]", "items *= 2",
               "items.sort()", "del items[:]", "items.reverse()", "items.extend(iter('abc'))", "items.pop() if items else 0",
               "items.__init__()", "items.__init__([1, 2])", "items.__sizeof__()", "items[::1] = []"):
    items = []
    for key in (None, lambda item: exec(change) or 1):
        items[:] = [Meddler(lambda: exec(change)) for _ in range(4)]
        print(change, said(lambda: items.sort(key=key)), len(items))
items = [3, 1, 2]
print(said(items.sort, ), items)
for key in (functools.cmp_to_key(lambda a, b: items.__setitem__(slice(None), [None] * 40) or 1),):
    print(said(lambda: items.sort(key=key)), len(items))

print("a context that is being asked")
variable = contextvars.ContextVar("variable")
key = Meddler(lambda: variable.set([1]))
for ask in ("context.get(key)", "context[key]", "key in context"):
    context = contextvars.copy_context()
    print(ask, context.run(said, eval, ask, {"context": context, "key": key}))

print("a deque that is being searched")
for use in ("items.index(1)", "items.count(1)", "items.remove(1)", "1 in items"):
    for change in ("items.clear()", "items.rotate(1)", "items.append(2)"):
        items = collections.deque([Meddler(lambda: exec(change)), 2, 3])
        print(use, change, said(eval, use))

print("sizes")
for size in (2**62, -2**62, 2**63 - 1, 2**45, -2**45):
    for template in ("%*d", "%*s", "%*.2f", "%*c", "%-*x", "%0*d"):
        value = "s" if "s" in template else 1
        print(template, said(lambda: len(template % (size, value))) if size > 0 else said(lambda: template % (size, value)),
              said(lambda: template.encode() % (size, b"s" if "s" in template else 1)))

print("buffers with gaps")
view = memoryview(bytearray(b"abcdef"))[::2]
print(bytes(view), bytearray(view), said(b"x".join, [view]), said(b"x".join, [view, 1]))
row = bytearray(b"012345")
row[1:3] = view
print(row, said(row.extend, view), said(int, view))

print("how long is it?")
class Counted:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __len__(self): print("len", end=" "); return 2
    def __length_hint__(self): print("hint", end=" "); return 2
    def __next__(self):
        if not self.n: raise StopIteration
        self.n -= 1
        return self.n
class Hinting:
    def __iter__(self): return Counted(2)
    def __len__(self): print("own", end=" "); return 2
for make in (tuple, list, lambda x: [*x], lambda x: (*x,), sorted, lambda x: ",".join(map(str, x)), set,
             lambda x: exec("items[:] = x", {"items": items, "x": x}) or items):
    items = [1, 2, 3]
    print(make(Hinting()))

print("a generator that ends while weak references to it are told")
async def stream():
    yield 1
def ended(reference):
    gc.collect()
    print("told", reference())
for make in (lambda: stream(), lambda: (x for x in "ab")):
    generator = make()
    reference = weakref.ref(generator, ended)
    del generator
    gc.collect()
generator = (x for x in "a")
list(generator)
reference = weakref.ref(generator, ended)
del generator

print("a stream over itself")
import io
for make in (io.BufferedReader, io.BufferedWriter, io.BufferedRandom):
    stream = make(io.BytesIO(b"abc"))
    print(said(stream.__init__, stream), said(lambda: stream.name), said(stream.tell))
