# Closures, nonlocal, late binding, cells.
def counter(start=0):
    count = start
    def step(by=1):
        nonlocal count
        count += by
        return count
    return step
one, two = counter(), counter(10)
print(one(), one(), two(5), one(), two.__closure__[0].cell_contents)
print([f() for f in [lambda: i for i in range(3)]], [f() for f in [lambda i=i: i for i in range(3)]])
def outer():
    try:
        return inner
    finally:
        inner = "set in finally"
try:
    print(outer())
except UnboundLocalError as error:
    print(error)
total = 0
def add(n):
    global total
    total += n
add(3); add(4)
print(total)
def broken():
    print(undefined_name)
try:
    broken()
except NameError as error:
    print(error)
