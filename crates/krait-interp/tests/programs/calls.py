# Argument binding and its errors; every way to call.
def f(a, b=2, *args, c, d=4, **kw): return a, b, args, c, d, kw
def pos(a, b, /, c): return a, b, c
def plain(a, b): return a, b
def none(): return "none"
def kwonly(*, k): return k
def defaults(a, b=1, c=2): return a, b, c
print(f(1, c=3), f(1, 2, 3, c=4, e=5), f(*[1, 2], **{"c": 3, "z": 9}))
print(pos(1, 2, 3), pos(1, 2, c=3), defaults(1), defaults(1, c=5), defaults(*(1, 2, 3)))
cases = [
    lambda: plain(), lambda: plain(1), lambda: plain(1, 2, 3), lambda: plain(1, a=2),
    lambda: plain(1, 2, c=3), lambda: none(1), lambda: kwonly(), lambda: kwonly(1),
    lambda: kwonly(1, k=2), lambda: pos(1, b=2, c=3), lambda: pos(a=1, b=2, c=3),
    lambda: defaults(), lambda: defaults(1, 2, 3, 4), lambda: f(), lambda: f(1),
    lambda: plain(**{1: 2}), lambda: plain(*5), lambda: plain(**5),
    lambda: plain(1, **{"a": 1}), lambda: plain(a=1, **{"a": 1}), lambda: none(x=1),
    lambda: 5(), lambda: defaults(1, bb=2), lambda: "".nothing(),
    lambda: len(), lambda: len(1, 2), lambda: len(5), lambda: [].append(), lambda: [].append(1, 2),
    lambda: isinstance(1), lambda: f(1, 2, 3, k=1), lambda: kwonly(1, 2),
]
for case in cases:
    for attempt in range(3):
        try:
            case()
        except (TypeError, AttributeError) as e:
            if attempt == 0: print(type(e).__name__, e)

class A:
    def __init__(self, x): self.x = x
    def method(self, y): return self.x + y
    @classmethod
    def cm(cls, y): return cls.__name__, y
    @staticmethod
    def sm(y): return y * 2
    def __call__(self, *args, **kw): return "called", args, kw
for i in range(60):
    a = A(i)
    r = (a.method(1), A.method(a, 2), a.cm(3), A.cm(4), a.sm(5), A.sm(6), a(7, k=8))
    bound = a.method
    r2 = bound(10), bound(y=11), a.method(y=12)
print(r, r2)
for bad in (lambda: A(), lambda: A(1, 2), lambda: a.method(), lambda: A.method()):
    for i in range(30):
        try: bad()
        except TypeError as e: message = str(e)
    print(message)
class BadInit:
    def __init__(self): return 5
for i in range(30):
    try: BadInit()
    except TypeError as e: message = str(e)
print(message)
class Base:
    def __new__(cls, *args): 
        self = super().__new__(cls); self.args = args; return self
    def who(self): return "base"
class Derived(Base):
    def who(self): return "derived " + super().who()
for i in range(30): d = Derived(1, 2)
print(d.args, d.who(), [d.who() for _ in range(20)][-1])
def varargs(*a, **k): return a, k
for i in range(30): r = varargs(1, *[2, 3], x=4, **{"y": 5})
print(r)
fact = lambda n: 1 if n < 2 else n * fact(n - 1)
print(fact(20), fact(30))
def deep(n): return 0 if n == 0 else 1 + deep(n - 1)
print(deep(500))
def closure(n):
    def add(x): return x + n
    def bump():
        nonlocal n
        n += 1
    return add, bump
add, bump = closure(5)
for i in range(50): bump()
print(add(1))
def counter(start=[0]):
    start[0] += 1
    return start[0]
print([counter() for _ in range(30)][-1])
print(sorted([3, 1, 2], key=lambda x: -x), list(map(lambda x, y: x * y, [1, 2], [3, 4])))
print(type(5), str(5), tuple([1, 2]), type("x").__name__)
for i in range(30): r = isinstance(i, int), isinstance(i, (str, list)), len([i]), type(i), str(i), tuple((i,))
print(r)
