# Dynamic programming two ways.
from functools import cache
def table(a, b):
    rows = [list(range(len(b) + 1))]
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y)))
        rows.append(row)
    return rows[-1][-1]
def memo(a, b):
    @cache
    def d(i, j):
        if not i or not j: return i + j
        return min(d(i - 1, j) + 1, d(i, j - 1) + 1, d(i - 1, j - 1) + (a[i - 1] != b[j - 1]))
    return d(len(a), len(b))
for pair in [("kitten", "sitting"), ("saturday", "sunday"), ("", "abc"), ("same", "same")]:
    print(pair, table(*pair), memo(*pair))
def lcs(a, b):
    best = {}
    for i in range(len(a)):
        for j in range(len(b)):
            best[i, j] = best.get((i - 1, j - 1), "") + a[i] if a[i] == b[j] else max(best.get((i - 1, j), ""), best.get((i, j - 1), ""), key=len)
    return best[len(a) - 1, len(b) - 1]
print(lcs("AGGTAB", "GXTXAYB"))
def knapsack(items, capacity):
    best = [0] * (capacity + 1)
    for weight, value in items:
        for c in range(capacity, weight - 1, -1):
            best[c] = max(best[c], best[c - weight] + value)
    return best[-1]
print(knapsack([(1, 1), (3, 4), (4, 5), (5, 7)], 7))
