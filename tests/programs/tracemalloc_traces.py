"""`tracemalloc`: traces of allocations, their sizes, tracebacks and totals."""
import sys
import tracemalloc



def lines(traceback):
    return [frame.lineno - first for frame in traceback]


print(tracemalloc.is_tracing(), tracemalloc.get_traced_memory(), tracemalloc.get_traceback_limit())
for bad in -1, 0, 65536:
    try:
        tracemalloc.start(bad)
    except ValueError as error:
        print(error)

tracemalloc.start(3)
first = sys._getframe().f_lineno
amount = 1000
text = b"x" * amount
trace = tracemalloc.get_object_traceback(text)
print(tracemalloc.get_traceback_limit(), lines(trace), trace.total_nframe)


def outer():
    def inner():
        return b"y" * amount
    return inner()


amount = 500
kept = outer()
print(lines(tracemalloc.get_object_traceback(kept)))

# Sizes: what is given out, taken back, and grown.
tracemalloc.clear_traces()
tracemalloc.reset_peak()
before = tracemalloc.get_traced_memory()[0]
amount = 1 << 20
block = b"z" * amount
size, peak = tracemalloc.get_traced_memory()
print(0 <= size - before - (1 << 20) < 4096, peak >= size)
del block
print(tracemalloc.get_traced_memory()[0] < 1 << 19, tracemalloc.get_traced_memory()[1] >= 1 << 20)
tracemalloc.reset_peak()
print(tracemalloc.get_traced_memory()[1] < 1 << 19)
grown = []
for number in range(10000):
    grown.append(None)
size = tracemalloc.get_traced_memory()[0]
print(80000 <= size < 100000)
del grown
print(tracemalloc.get_traced_memory()[0] < 40000)

# What was allocated before has no trace, and freeing it takes nothing away.
tracemalloc.stop()
amount = 700
old = [b"o" * amount for _ in range(100)]
tracemalloc.start()
print(tracemalloc.get_object_traceback(old), tracemalloc.get_object_traceback(old[5]))
del old
print(tracemalloc.get_traced_memory()[0] >= 0)

snapshot = tracemalloc.take_snapshot()
data = [b"s" * amount for _ in range(50)]
later = tracemalloc.take_snapshot()
best = later.compare_to(snapshot, "lineno")[0]
print(best.count_diff >= 50, best.size_diff > 30000, best.traceback[0].lineno - first)
mine = later.filter_traces([tracemalloc.Filter(True, __file__)])
print({trace.traceback[0].filename == __file__ for trace in mine.traces})

# Objects of many kinds, made and dropped while tracing starts and stops.
for round in range(3):
    mixed = [{i: (i, str(i), float(i), [i] * i) for i in range(40)} for _ in range(5)]
    tracemalloc.stop()
    mixed.append("".join(str(i) for i in range(300)))
    tracemalloc.start(round + 1)
    mixed[0].clear()
    del mixed[1:3]
    mixed.extend(set(range(n)) for n in range(20))
print(len(mixed), tracemalloc.get_tracemalloc_memory() > 0)
tracemalloc.stop()
print(tracemalloc.is_tracing(), tracemalloc.get_traced_memory())
