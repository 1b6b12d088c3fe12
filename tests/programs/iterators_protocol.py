# Iterators by class, iter() with a sentinel, zip, enumerate, map, filter.
class Countdown:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        if self.n <= 0: raise StopIteration
        self.n -= 1
        return self.n + 1
print(list(Countdown(3)), max(Countdown(5)), 2 in Countdown(3), sum(Countdown(4)))
numbers = iter([1, 2, 3, 0, 4])
print(list(iter(lambda: next(numbers), 0)), next(numbers), next(numbers, "default"))
print(list(zip("abc", range(2))), list(enumerate("ab", 1)), list(map(pow, [2, 3], [3, 2])), list(filter(None, [0, 1, "", "x"])))
try:
    list(zip([1], [1, 2], strict=True))
except ValueError as error:
    print(error)
class Old:
    def __getitem__(self, i):
        if i > 2: raise IndexError
        return i * 10
print(list(Old()), [*reversed([1, 2])], all([]), any([]), min("b", "a"), max([1, 5, 2], key=lambda v: -v), sorted([3, 1], reverse=True))
try:
    iter(5)
except TypeError as error:
    print(error)
