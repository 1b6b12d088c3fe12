"""Static types, heap types, and types over both."""
import gc
import weakref

import classes
from classes import Counter, CounterError, Node, NumberedList


def attempt(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


print(classes.ANSWER, classes.TEXT, classes.__doc__)
node = Node(1.5, count=3)
print(node, node.weight, node.count, node.flag, node.label, node.child)
print(Node.__name__, Node.__module__, Node.__qualname__, Node.__doc__, Node.__text_signature__, Node)
print(attempt(Node, "x"), attempt(Node, 1, 2, 3), attempt(Node, nothing=1))
node.weight = 4
node.count = -7
print(node.weight, node.count, node.double)
print(attempt(setattr, node, "weight", "x"), attempt(setattr, node, "label", "x"), attempt(setattr, node, "double", 1))
print(attempt(setattr, node, "flag", 2))
node.flag = True
print(node.flag, attempt(lambda: node.raw_child))
node.child = [node]
print(node.raw_child == [node], attempt(delattr, node, "child"))
del node.raw_child
print(node.child, node.scale(0.5) is node, node.weight, attempt(node.scale, "x"))
print(Node.scale, str(Node.make).split(" at ")[0], Node.live(), Node.weight, Node.child)
print(Node.make("kid"), attempt(Node.make), node.both(1, 2, a=3, b=4))
node.count = 3
print(len(node), list(node), node[1], node[-1], node["key"], attempt(lambda: node[5]), 10 in node)
print(node + Node(1.0), attempt(lambda: node + 1), bool(Node()), bool(node))
print(node == Node(2.0), node < Node(3.0), node != 5, hash(node), attempt(lambda: node < 1))
print(node(1, 2, a=3), node())
print(Node.__add__(node, node), Node.__radd__(node, 1), Node.__len__(node), Node.__getitem__(node, 2))
print([name for name in ("__init__", "__new__", "__repr__", "__hash__", "__call__", "__eq__", "__bool__") if name in Node.__dict__])
print(attempt(Node.__init__, 5), attempt(Node.__new__, int), attempt(Node.scale, 5, 1))
print(attempt(setattr, Node, "new", 1))
ref = weakref.ref(node)
print(ref() is node)

# A cycle that only the collector sees.
before = Node.live()
cycle = Node(1)
cycle.child = [cycle]
del cycle
gc.collect()
print(Node.live() - before)


class Sub(Node):
    """A subclass in Python."""

    def __init__(self, *args, name="sub"):
        super().__init__(*args)
        self.name = name

    def __repr__(self):
        return f"Sub({self.name}, {super().__repr__()})"

    def __len__(self):
        return 77


class Slotted(Node):
    __slots__ = ("extra",)


sub = Sub(2.5, name="n")
print(sub, len(sub), sub.weight, sub.__dict__, sub[0:1], isinstance(sub, Node), Sub.__mro__)
sub.child = sub
ref = weakref.ref(sub)
del sub
gc.collect()
print(ref(), Node.live() - before)
slotted = Slotted(1.0)
slotted.extra = slotted
print(attempt(setattr, slotted, "other", 1), slotted.extra is slotted)
del slotted
gc.collect()
print(Node.live() - before)
print(attempt(type, "X", (Node, list), {}))

numbered = NumberedList([3, 1, 2])
numbered.sort()
print(numbered, numbered.increment(), numbered.increment(), len(numbered), NumberedList.__base__)
print(numbered + [4], numbered == [1, 2, 3], type(numbered[:]), attempt(hash, numbered))


class DeepList(NumberedList):
    pass


deep = DeepList("ab")
deep.append(deep)
deep.own = deep
print(deep, deep.increment())
del deep

counter = Counter(3)
counter.any = 1
print(list(counter), list(counter), counter.limit, counter.__dict__, Counter.__doc__)
print(Counter.__name__, Counter.__module__, Counter.__qualname__, repr(Counter), Counter.__flags__ & (1 << 9) != 0)
print(attempt(counter.fail, 1, 2), attempt(Counter, "x"), attempt(Counter), attempt(Counter, 1, 2), attempt(Counter, limits=2))
print(CounterError.__mro__, CounterError.__doc__, CounterError.__module__)
try:
    counter.fail()
except CounterError as error:
    print("caught", error)
counter.self = counter
del counter
print(gc.collect() >= 0)


class SubCounter(Counter):
    def __init__(self):
        super().__init__(2)


print(list(SubCounter()), attempt(SubCounter().fail), [each * 2 for each in Counter(3)])
print(classes.slot_of(Counter, classes.Py_tp_new), classes.slot_of(Counter, 67), classes.slot_of(Node, 67), attempt(classes.slot_of, Node, 999).split(":")[0])
Counter.attribute = 5
print(Counter(0).attribute, attempt(classes.slot_of, 5, 1))
