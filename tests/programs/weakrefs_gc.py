# Reference counts, weak references, cycles, finalizers.
import gc, sys, weakref
class Node:
    def __init__(self, name): self.name, self.other = name, None
    def __del__(self): print("del", self.name)
node = Node("a")
ref = weakref.ref(node, lambda r: print("callback", r() is None))
print(ref() is node, sys.getrefcount(node) > 1)
del node
print(ref())
x, y = Node("x"), Node("y")
x.other, y.other = y, x
seen = weakref.ref(x)
del x, y
print("collecting")
gc.collect()
print(seen() is None)
cache = weakref.WeakValueDictionary()
keep = cache["k"] = Node("kept")
print(list(cache), len(cache))
del keep
print(len(cache))
weakref.finalize(Node("f"), print, "finalized")
print(gc.isenabled(), isinstance(gc.get_count(), tuple))
