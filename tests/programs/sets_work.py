# Sets and frozensets.
evens, primes = {2, 4, 6, 8}, {2, 3, 5, 7}
print(sorted(evens | primes), evens & primes, sorted(evens - primes), sorted(evens ^ primes))
print({2} < evens, evens.isdisjoint({1}), {1, 2} == {2, 1}, frozenset([1]) in {frozenset([1])})
evens.add(10)
evens.discard(99)
evens.update([12], (14,))
print(sorted(evens), len(evens), 12 in evens, sorted({x % 3 for x in range(10)}))
try:
    evens.remove(99)
except KeyError as error:
    print("KeyError", error)
print(set(), frozenset(), {1}, frozenset({1}), hash(frozenset([1, 2])) == hash(frozenset([2, 1])))
