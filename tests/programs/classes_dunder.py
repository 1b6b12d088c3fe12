# Operator overloading and the container protocol.
class Vector:
    __slots__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)
    def __mul__(self, k): return Vector(self.x * k, self.y * k) if isinstance(k, (int, float)) else NotImplemented
    __rmul__ = __mul__
    def __neg__(self): return self * -1
    def __eq__(self, other): return isinstance(other, Vector) and (self.x, self.y) == (other.x, other.y)
    def __hash__(self): return hash((self.x, self.y))
    def __repr__(self): return f"Vector({self.x}, {self.y})"
    def __bool__(self): return bool(self.x or self.y)
    def __iter__(self): yield self.x; yield self.y
    def __getitem__(self, i): return (self.x, self.y)[i]
    def __len__(self): return 2
    def __contains__(self, v): return v in (self.x, self.y)
    def __call__(self, s): return f"{s}{self!r}"
    def __matmul__(self, o): return self.x * o.x + self.y * o.y
    def __format__(self, spec): return f"<{self.x:{spec}}, {self.y:{spec}}>"
a, b = Vector(1, 2), Vector(3, 4)
print(a + b, 2 * a, a * 1.5, -a, a == Vector(1, 2), a != b, {a: 1}[Vector(1, 2)])
print(bool(Vector(0, 0)), list(a), a[0], len(a), 4 in b, a("call "), a @ b, f"{a:.1f}")
x, y = b
print(x, y, [*a, *b])
for action in (lambda: a * "s", lambda: a.z, lambda: a < b, lambda: setattr(a, "z", 1)):
    try:
        action()
    except (TypeError, AttributeError) as error:
        print(type(error).__name__, error)
