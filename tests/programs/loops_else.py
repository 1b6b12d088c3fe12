# while/for with else, break, continue, nested.
for n in range(2, 12):
    for d in range(2, n):
        if n % d == 0:
            print(n, "=", d, "*", n // d)
            break
    else:
        print(n, "is prime")
count = 3
while count:
    count -= 1
    if count == 1:
        continue
    print("count", count)
else:
    print("done")
total = 0
for i, (a, b) in enumerate(zip([1, 2, 3], "xyz")):
    total += a
    if b == "y": break
print(i, total)
for i in (it := iter(range(5))):
    print(i, next(it, None), end=";")
print()
items = [1, 2, 3]
for item in items:
    if item < 3: items.append(item + 10)
    if len(items) > 8: break
print(items)
