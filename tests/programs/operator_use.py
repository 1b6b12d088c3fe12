# The operator module.
import operator
from operator import attrgetter, itemgetter, methodcaller
print(operator.add(2, 3), operator.floordiv(7, 2), operator.contains([1], 1), operator.index(5))
rows = [("bob", 3), ("ann", 5), ("cid", 3)]
print(sorted(rows, key=itemgetter(1, 0)), list(map(itemgetter(0), rows)), methodcaller("upper")("x"))
class Node:
    def __init__(self, name): self.name, self.meta = name, self
print(attrgetter("name", "meta.meta.name")(Node("n")), operator.countOf("banana", "a"), operator.length_hint([1, 2]))
print(operator.iadd([1], [2]), operator.not_(0), operator.is_(None, None), itemgetter(slice(1, 3))("abcd"))
