# A priority queue of tasks, bisect and heapq.
import bisect, heapq, itertools
class Tasks:
    def __init__(self): self.heap, self.entries, self.count = [], {}, itertools.count()
    def add(self, name, priority=0):
        if name in self.entries: self.entries.pop(name)[-1] = None
        entry = [priority, next(self.count), name]
        self.entries[name] = entry
        heapq.heappush(self.heap, entry)
    def pop(self):
        while self.heap:
            _, _, name = heapq.heappop(self.heap)
            if name is not None:
                del self.entries[name]
                return name
        raise KeyError("empty")
tasks = Tasks()
for name, priority in [("write", 5), ("read", 1), ("think", 3), ("write", 0)]:
    tasks.add(name, priority)
print([tasks.pop() for _ in range(3)])
try:
    tasks.pop()
except KeyError as error:
    print(error)
print(heapq.nlargest(2, [3, 9, 4]), heapq.nsmallest(2, "hello", key=lambda c: -ord(c)), list(heapq.merge([1, 4], [2, 3])))
grades = [60, 70, 80, 90]
print(["FDCBA"[bisect.bisect(grades, s)] for s in (55, 60, 77, 100)])
items = []
for n in (5, 1, 3): bisect.insort(items, n, key=lambda v: -v)
print(items)
