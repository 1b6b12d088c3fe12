# Cycles through instances of classes that derive from native ones.
import gc
import weakref

gc.collect()
for base in (object, int, str, float, complex, bytes, tuple, frozenset, list, dict, set, bytearray, Exception):
    class Derived(base):
        pass

    value = Derived()
    value.me = value
    print(base.__name__, gc.is_tracked(value), end=" ")
    if base not in (int, bytes, tuple):
        reference = weakref.ref(value)
        del value
        gc.collect()
        print(reference() is None)
    else:
        Derived.instance = None
        del value
        print(gc.collect() > 0)


class Node:
    pass


for make in (
    lambda node: iter({1, node}),
    lambda node: iter([node]),
    lambda node: iter({node: node}.items()),
    lambda node: memoryview(type("Bytes", (bytearray,), {"node": node})(b"ab")),
):
    node = Node()
    node.holder = make(node)
    reference = weakref.ref(node)
    del node
    gc.collect()
    print(reference() is None)

print(gc.is_tracked(()), gc.is_tracked(range(3)), gc.is_tracked([]))


class Phoenix:
    def __del__(self):
        saved.append(self)


saved = []
bird = Phoenix()
bird.me = bird
reference = weakref.ref(bird)
del bird
gc.collect()
print(len(saved), reference())
saved.clear()
gc.collect()
print(len(saved), reference())


# A comparison that adds to the set takes the place that was free before it.
class Zero:
    freed = 0

    def __hash__(self):
        return 0

    def __del__(self):
        Zero.freed += 1


class Adds(Zero):
    done = False
    __hash__ = Zero.__hash__

    def __eq__(self, other):
        if not self.done:
            self.done = True
            things.add(Zero())
        return self is other


first = Zero()
things = {first, Zero()}
things.remove(first)
things.add(Adds())
print(len(things))
del first, things
gc.collect()
print(Zero.freed)
