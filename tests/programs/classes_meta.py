# Metaclasses, __init_subclass__, __set_name__, descriptors.
class Registry(type):
    classes = []
    def __new__(mcls, name, bases, namespace, **kwargs):
        cls = super().__new__(mcls, name, bases, namespace)
        mcls.classes.append((name, kwargs))
        return cls
    def __init__(cls, name, bases, namespace, **kwargs):
        super().__init__(name, bases, namespace)
    def __call__(cls, *args):
        instance = super().__call__(*args)
        instance.made_by = "meta"
        return instance
class Base(metaclass=Registry, tag=1):
    def __init_subclass__(cls, /, flavour="plain", **kwargs):
        super().__init_subclass__(**kwargs)
        cls.flavour = flavour
class Typed:
    def __init__(self, kind): self.kind = kind
    def __set_name__(self, owner, name): self.name = "_" + name
    def __get__(self, obj, owner=None): return self if obj is None else getattr(obj, self.name, None)
    def __set__(self, obj, value):
        if not isinstance(value, self.kind):
            raise TypeError(f"{self.name[1:]} must be {self.kind.__name__}")
        setattr(obj, self.name, value)
class Child(Base, flavour="sweet"):
    age = Typed(int)
child = Child()
child.age = 5
print(Registry.classes, Child.flavour, child.age, child.made_by, type(Child), Child.age.kind)
try:
    child.age = "old"
except TypeError as error:
    print(error)
Dynamic = type("Dynamic", (Child,), {"x": 1, "hello": lambda self: "hi"})
print(Dynamic().hello(), Dynamic.x, Dynamic.__mro__[1].__name__)
class Attr:
    def __getattr__(self, name): return f"dynamic {name}"
    def __setattr__(self, name, value): print("set", name); super().__setattr__(name, value)
attr = Attr()
attr.x = 1
print(attr.x, attr.other)
