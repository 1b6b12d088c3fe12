# __slots__, member descriptors, cached values and weak dictionaries.
class Base:
    __slots__ = ("a",)
class Child(Base):
    __slots__ = ("b", "__weakref__")
    def __init__(self): self.a, self.b = 1, 2
class Open(Base): pass
child = Child()
print(child.a, child.b, Child.b, hasattr(child, "__dict__"), Child.__slots__)
for action in (lambda: setattr(child, "c", 1), lambda: Child.b.__get__(3), lambda: delattr(child, "zz")):
    try:
        action()
    except (AttributeError, TypeError) as error:
        print(type(error).__name__, error)
del child.b
try:
    child.b
except AttributeError as error:
    print(error)
opened = Open()
opened.free = 1
print(vars(opened))
class Celsius:
    def __get__(self, obj, kind=None): return (obj.f - 32) * 5 / 9
    def __set__(self, obj, value): obj.f = value * 9 / 5 + 32
class Temp:
    c = Celsius()
    def __init__(self, f): self.f = f
temp = Temp(212)
temp.c += 1
print(temp.c, temp.f)
try:
    class Conflict(Child, Temp): __slots__ = ("b",)
    print(Conflict.__mro__[1].__name__)
    class Worse:
        __slots__ = ("x",)
        x = 1
except (TypeError, ValueError) as error:
    print(type(error).__name__, error)
