# Classic algorithms in plain Python.
def quicksort(items):
    if len(items) <= 1:
        return items
    pivot, *rest = items
    return quicksort([x for x in rest if x < pivot]) + [pivot] + quicksort([x for x in rest if x >= pivot])
def merge_sort(items):
    if len(items) < 2:
        return items[:]
    middle = len(items) // 2
    left, right, result = merge_sort(items[:middle]), merge_sort(items[middle:]), []
    while left and right:
        result.append(left.pop(0) if left[0] <= right[0] else right.pop(0))
    return result + left + right
def heap_sort(items):
    import heapq
    heap = list(items)
    heapq.heapify(heap)
    return [heapq.heappop(heap) for _ in range(len(heap))]
def primes(limit):
    sieve = bytearray([1]) * (limit + 1)
    sieve[:2] = b"\0\0"
    for n in range(2, int(limit ** 0.5) + 1):
        if sieve[n]:
            sieve[n * n::n] = bytes(len(range(n * n, limit + 1, n)))
    return [n for n, flag in enumerate(sieve) if flag]
seed, items = 7, []
for _ in range(40):
    seed = (seed * 1103515245 + 12345) % 2**31
    items.append(seed % 1000)
print(quicksort(items) == merge_sort(items) == heap_sort(items) == sorted(items), sorted(items)[:5])
print(primes(60))
import bisect
print(bisect.bisect([1, 3, 5], 3), bisect.bisect_left([1, 3, 5], 3))
