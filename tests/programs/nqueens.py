# Backtracking.
def queens(n, row=0, cols=(), d1=(), d2=()):
    if row == n:
        yield cols
        return
    for col in range(n):
        if col not in cols and row + col not in d1 and row - col not in d2:
            yield from queens(n, row + 1, cols + (col,), d1 + (row + col,), d2 + (row - col,))
solutions = list(queens(6))
print(len(solutions), solutions[0], len(list(queens(7))))
for col in solutions[0]:
    print("." * col + "Q" + "." * (5 - col))
