# Conway's game of life on a set of cells.
from collections import Counter
def step(cells):
    neighbours = Counter((x + dx, y + dy) for x, y in cells for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy)
    return {cell for cell, count in neighbours.items() if count == 3 or count == 2 and cell in cells}
cells = {(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)}
for generation in range(5):
    print(generation, sorted(cells))
    cells = step(cells)
def show(cells):
    for y in range(5):
        print("".join("#" if (x, y) in cells else "." for x in range(5)))
show(cells)
