# partial, reduce, cmp_to_key, singledispatch, cached_property, total_ordering.
import functools
from functools import partial, reduce, cmp_to_key, singledispatch, cached_property, total_ordering
print(partial(int, base=2)("101"), reduce(lambda a, b: a * b, range(1, 6)), partial(print, "x", sep="-").args)
print(sorted([3, 1, 2], key=cmp_to_key(lambda a, b: b - a)))
@singledispatch
def show(value): return f"object {value}"
@show.register
def _(value: int): return f"int {value}"
@show.register(list)
def _(value): return f"list of {len(value)}"
print(show("s"), show(3), show([1]), show(True))
class Circle:
    def __init__(self): self.calls = 0
    @cached_property
    def area(self):
        self.calls += 1
        return 42
circle = Circle()
print(circle.area, circle.area, circle.calls)
@total_ordering
class Version:
    def __init__(self, n): self.n = n
    def __eq__(self, o): return self.n == o.n
    def __lt__(self, o): return self.n < o.n
print(Version(1) <= Version(2), Version(3) > Version(2), Version(1) >= Version(1))
@functools.lru_cache(maxsize=2)
def slow(n):
    print("computing", n)
    return n * n
print(slow(1), slow(1), slow(2), slow(3), slow(1), slow.cache_info())
