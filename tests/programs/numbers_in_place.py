"""Loop variables and results whose objects an implementation may use again must never show it."""


def kept_by_a_list():
    kept = []
    for i in range(1000, 1006):
        kept.append(i)
    return kept


def kept_by_a_name():
    last = None
    seen = []
    for i in range(2000, 2005):
        seen.append((last, i))
        last = i
    return seen, last, i


def kept_by_a_closure():
    functions = []
    for i in range(3000, 3003):
        functions.append(lambda i=i: i)
    return [function() for function in functions]


def across_small_ints():
    seen = []
    for i in range(-8, 1030, 173):
        seen.append(i is int(str(i)))
    return seen[0], seen[1]


def negative_and_large():
    return [i for i in range(-(2**31), 2**31, 2**30)], [i for i in range(2**62, 2**64, 2**62)]


def counted(n):
    i = 500
    before = i
    while i < 500 + n:
        i = i + 1
        i += 1
    return before, i


def twice(x):
    x = x + x
    y = x
    x = x + x
    return x, y


def as_argument(x):
    def show(a, b):
        return a, b

    return show(x, (x := x + 1000)), x


def in_a_tuple(x):
    pair = (x, x + 1, x := x * 2)
    return pair, x


def floats(n):
    total = 0.5
    history = []
    for i in range(n):
        history.append(total)
        total = total * 1.5
        total += total
    return history, total


def shrinking():
    x = 2**20
    out = []
    while x:
        x = x // 2 - 1 if x > 1 else 0
        out.append(x)
    return out[:4], out[-3:]


def default(value=10**6):
    value = value + 1
    return value


def generator():
    for i in range(700, 704):
        got = yield i
        if got:
            i += got
            yield i


def nested():
    return [[(i, j) for j in range(900, 902)] for i in range(800, 802)], [i for i in range(400, 403) for _ in range(2)]


print(kept_by_a_list())
print(kept_by_a_name())
print(kept_by_a_closure())
print(across_small_ints())
print(negative_and_large())
print(counted(5))
print(twice(3000), twice(1.5))
print(as_argument(5000), in_a_tuple(6000), in_a_tuple(0.25))
print(floats(4))
print(shrinking())
print(default(), default(), default(10**7), default())
g = generator()
print(next(g), g.send(1000), next(g), next(g))
print(nested())

constant = 123456
for i in range(3):
    constant = 123456
    constant = constant + 1
print(constant)

ids = set()
objects = []
for i in range(10000, 10050):
    if i % 10 == 0:
        objects.append(i)
        ids.add(id(i))
print(len(ids), objects)
