# Lists: slicing, sorting, mutation while looking.
numbers = [5, 3, 8, 1, 9, 2]
print(sorted(numbers), sorted(numbers, reverse=True), sorted("bAc", key=str.lower))
numbers.sort(key=lambda n: (n % 2, -n))
print(numbers, numbers[::2], numbers[-2:], numbers[4:1:-1])
numbers[1:3] = ["x", "y", "z"]
del numbers[0]
numbers.insert(2, "in")
print(numbers, numbers.index("y"), numbers.count(1), numbers.pop(), numbers.pop(0))
numbers += [1, 2]
numbers *= 2
print(numbers, len(numbers))
grid = [[0] * 3 for _ in range(2)]
grid[0][1] = 1
print(grid, [*grid[0], *grid[1]], [1, 2] < [1, 3], [] == [])
loop = []
loop.append(loop)
print(loop, [1, 2, 3].copy(), list(reversed([1, 2, 3])))
for action in (lambda: [].pop(), lambda: [1][5], lambda: [1].remove(2), lambda: [1, "a"].sort()):
    try:
        action()
    except Exception as error:
        print(type(error).__name__, error)
