# Method resolution order, cooperative super, conflicts.
class A:
    def go(self): return ["A"]
class B(A):
    def go(self): return ["B"] + super().go()
class C(A):
    def go(self): return ["C"] + super().go()
class D(B, C):
    def go(self): return ["D"] + super().go()
print(D().go(), [c.__name__ for c in D.__mro__])
try:
    class E(A, B): pass
except TypeError as error:
    print(error)
class Mixin:
    def describe(self): return f"{type(self).__name__}:{self.value}"
class Item(Mixin):
    value = 3
print(Item().describe(), Item.__bases__, D.__base__.__name__)
print(super(B, D()).go())
