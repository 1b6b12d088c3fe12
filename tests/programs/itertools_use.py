# itertools in small.
from itertools import (accumulate, batched, chain, combinations, compress, count, cycle, dropwhile, groupby,
                       islice, pairwise, permutations, product, repeat, starmap, takewhile, tee, zip_longest)
print(list(chain([1], (2, 3), "a")), list(chain.from_iterable(["ab", "c"])), list(accumulate([1, 2, 3, 4])))
print(list(combinations("abc", 2)), list(permutations([1, 2, 3], 2))[:3], list(product("ab", repeat=2)))
print(list(islice(cycle("xy"), 5)), list(takewhile(lambda n: n < 3, count())), list(dropwhile(str.isalpha, "ab1c")))
print([(k, list(g)) for k, g in groupby("aabbca")], list(zip_longest("abc", [1], fillvalue=0)))
a, b = tee(range(3))
print(list(a), list(b), list(starmap(pow, [(2, 3), (3, 2)])), list(compress("abcd", [1, 0, 1, 0])), list(repeat(7, 2)))
print(list(batched("abcdefg", 3)), list(pairwise([1, 2, 3])))
