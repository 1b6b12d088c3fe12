# Comprehensions: nesting, conditions, scopes, the walrus.
print([x * y for x in range(3) for y in range(3) if x != y])
print({word: len(word) for word in "the quick brown".split()}, {c for c in "hello" if c not in "aeiou"} == set("hll"))
matrix = [[1, 2, 3], [4, 5, 6]]
print([[row[i] for row in matrix] for i in range(3)], [*zip(*matrix)], sum(sum(r) for r in matrix))
x = "outer"
values = [x for x in range(3)]
print(x, values, [y := 5, y + 1], (z := 3) + z)
print([last := n for n in range(4)], last, any((hit := n) > 2 for n in range(5)), hit)
class Scope:
    items = [1, 2]
    doubled = [i * 2 for i in items]
print(Scope.doubled, list(x for x in "abc" if x > "a"), [a if a % 2 else -a for a in range(5)])
print([lambda: i for i in range(2)][0]())
