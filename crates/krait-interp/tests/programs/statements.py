# Statements and expressions: loops, comprehensions, unpacking, match, f-strings, del, global, star.
out = []
for i in range(3):
    for j in range(3):
        if j == 2: break
        if i == 1: continue
        out.append((i, j))
    else:
        out.append("never")
else:
    out.append("else")
print(out)
i = 0
while i < 5:
    i += 1
    if i == 3: continue
else:
    print("while else", i)
a, (b, *c), d = 1, (2, 3, 4), 5
print(a, b, c, d)
x = y = [1]
x += [2]
print(y, x is y)
print([*range(3), *"ab"], {**{"a": 1}, "b": 2}, {*[1, 2], 3}, (*[1], 2))
print({k: v for k, v in zip("abc", range(3)) if v}, {x % 3 for x in range(10)}, [[j for j in range(i)] for i in range(4)])
matrix = [[1, 2], [3, 4]]
print([row[i] for i in range(2) for row in matrix], (lambda *a, k=1, **kw: (a, k, kw))(1, 2, z=3))
def m(v):
    match v:
        case 0 | 1: return "small"
        case int(n) if n > 100: return f"big {n}"
        case int(): return "int"
        case str() as s: return f"str {s}"
        case []: return "empty"
        case [x]: return f"one {x}"
        case [1, *rest]: return f"starts with 1, {rest}"
        case [x, y, *_]: return f"many {x} {y}"
        case {"type": "point", "x": x, **rest}: return f"point {x} {rest}"
        case {}: return "mapping"
        case None: return "none"
        case Point(x=0, y=y): return f"on axis {y}"
        case Point(px, py): return f"point {px} {py}"
        case _: return "other"
class Point:
    __match_args__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
print([m(v) for v in (0, 1, 50, 500, "s", [], [5], [1, 2, 3], [7, 8, 9], {"type": "point", "x": 1, "z": 2}, {"q": 1}, None, Point(0, 5), Point(3, 4), 2.5)])
try:
    match Point(1, 2):
        case Point(1, 2, 3): pass
except TypeError as e: print(e)
name, width = "krait", 10
print(f"{name!r:>{width}}|{name:^{width}}|{3.14159:.3f}|{255:#x}|{1e10:g}|{name=}|{1+1=}|{'nested ' + f'{name}'}")
print("%s %d %r %.2f %x" % ("a", 5, "b", 1.5, 255), "{} {0}".format if False else "{0} {x}".format(1, x=2))
def g():
    global made
    made = "global"
g()
print(made)
del made
try: made
except NameError as e: print(e)
d = {"a": {"b": [1, 2, 3]}}
d["a"]["b"][1] += 10
del d["a"]["b"][0]
print(d)
l = list(range(10))
l[2:5] = ["x"]; del l[-1]; l[::2] = [0] * len(l[::2])
print(l, l[1:3], l[::-1][:2], l[-1])
print(1 < 2 < 3, 1 < 3 < 2, 1 == 1.0, "a" in "abc", 3 not in [1], None is None, not None, 1 and 0 or 2, 5 if 0 else 6)
n = 0
while (n := n + 1) < 5: pass
print(n, [y := 5, y ** 2], 7 // 2, -7 // 2, 7 % -3, 2 ** 10, 2 ** -1, 10 / 4, ~5, 5 & 3, 5 | 3, 5 ^ 3, 1 << 10, 1024 >> 3)
big = 2 ** 100
for i in range(50): big = big * 3 + i
print(big % 1000007, big // 10 ** 40, -big >> 50, big & 0xFFFFFFFF)
t = 0
for i in range(100): t += i * i - i // 3 + i % 7 + (i & 3) + (i << 2) + (i >> 1) + (i | 8) + (i ^ 5)
f = 0.0
for i in range(100): f = f * 0.5 + i / 3 - 2 * i + 1.5
print(t, f)
s = ""
for i in range(200): s += str(i % 10)
print(len(s), s[5], s[-1], s.count("1"), s[:10].upper())
def annotated(a: int, b: "str" = "x") -> list: v: int = 5; return v
print(annotated.__annotations__, annotated.__defaults__, annotated.__name__)
print((lambda: (yield))().__class__.__name__, print.__name__, [].append.__name__)
