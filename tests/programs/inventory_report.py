# Grouping and a table.
ROWS = [("widget", "tools", 4, 2.5), ("gadget", "tools", 10, 1.25), ("apple", "food", 120, 0.2), ("pear", "food", 0, 0.3)]
from itertools import groupby
from operator import itemgetter
header = f"{'item':<10}{'count':>6}{'price':>8}{'value':>10}"
total = 0.0
for kind, rows in groupby(sorted(ROWS, key=itemgetter(1, 0)), key=itemgetter(1)):
    print(kind.upper().center(len(header), "-"))
    print(header)
    subtotal = 0
    for name, _, count, price in rows:
        value = count * price
        subtotal += value
        print(f"{name:<10}{count:>6d}{price:>8.2f}{value:>10,.2f}" + (" *" if not count else ""))
    print(f"{'':<24}{subtotal:>10,.2f}")
    total += subtotal
print(f"total {total:.2f}")
