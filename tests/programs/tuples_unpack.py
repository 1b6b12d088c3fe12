# Tuples and every form of unpacking.
point = (3, 4)
x, y = point
first, *middle, last = range(6)
(a, b), [c, *d] = (1, 2), "xyz"
print(x, y, first, middle, last, a, b, c, d)
print((1,), (), (1, 2) + (3,), (1, 2) * 2, point.index(4), hash((1, "a")) == hash((1, "a")))
def many(*args, key=None, **rest):
    return args, key, rest
print(many(*point, *[5], key=1, **{"z": 2}))
x, y = y, x
print(x, y)
for bad in ("a, b = 1, 2, 3", "a, b, c = 1, 2", "a, = 5", "*a, b = []"):
    try:
        exec(bad)
    except (ValueError, TypeError) as error:
        print(type(error).__name__, error)
