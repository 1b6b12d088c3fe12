from __future__ import annotations
def f(a: int | None, *b: 'str', c: x[1:2, ...] = -1) -> lambda q=1, *r: (yield): ...
class C:
    y: f"{a!r:>{w}}" = 1
z: not a and (b if c else d)
