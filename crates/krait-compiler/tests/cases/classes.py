"""Docs."""
import os.path as p, sys
from . import x as y

@decorate
class A[T: (int, str), *Ts, **P](B, metaclass=M):
    """Class
      docs."""
    x: int
    __private = 1

    def __init__(self, a, /, b=1, *args, c, d=2, **kw) -> None:
        super().__init__(a)
        self.a = self.__b = lambda: (a, __class__)

    def m[U = int](self: U):
        nonlocal_ = [__class__ for __class__ in self]
        return super(A, self).m

type X[K] = dict[K, X]
if x:
    v: list[int] = []
