# Classes: attributes of every kind in hot loops, descriptors, metaclasses, slots, properties.
class Slots:
    __slots__ = ("a", "b")
    def __init__(self): self.a = 1
class Plain:
    cls_attr = "class"
    def __init__(self, v): self.v = v; self.w = v * 2
    @property
    def prop(self): return self.v + 100
    @prop.setter
    def prop(self, value): self.v = value
class Many:
    pass
class Getattr:
    def __getattr__(self, name): return "dynamic " + name
class Getattribute:
    x = 5
    def __getattribute__(self, name): return ("hooked", name)
class Desc:
    def __get__(self, obj, cls): return ("get", obj is None)
    def __set__(self, obj, value): obj.__dict__["stored"] = value
class WithDesc:
    d = Desc()
s, p, m, ga, gb, wd = Slots(), Plain(3), Many(), Getattr(), Getattribute(), WithDesc()
for i in range(50): setattr(m, f"attr{i}", i)
for i in range(60):
    s.b = i; s.a += 1
    p.v = i; p.w += 1
    p.prop = i
    m.attr40 = i
    wd.d = i
    r = (s.a, s.b, p.v, p.w, p.prop, p.cls_attr, Plain.cls_attr, m.attr40, ga.foo, gb.x, wd.d, WithDesc.d, wd.stored)
print(r)
def read(o): return o.v
class Other:
    def __init__(self): self.v = "other"
print([read(o) for o in [Plain(1)] * 30 + [Other(), Plain(2)] * 5][-4:])
Plain.cls_attr = "changed"
print(p.cls_attr)
p.cls_attr = "instance"
print([p.cls_attr for _ in range(20)][-1])
del p.cls_attr
print(p.cls_attr)
def meth(o): return o.m()
class M:
    def m(self): return 1
o = M()
print([meth(o) for _ in range(30)][-1])
M.m = lambda self: 2
print(meth(o))
o.m = lambda: 3
print(meth(o))
try:
    s.c = 1
except AttributeError as e: print(e)
try:
    Slots().b
except AttributeError as e: print(e)
class Meta(type):
    def __new__(mcs, name, bases, ns, **kw):
        ns["made_by"] = mcs.__name__
        return super().__new__(mcs, name, bases, ns)
    def __init__(cls, name, bases, ns, **kw): super().__init__(name, bases, ns)
    def __prepare__(name, bases, **kw): return {"prepared": kw}
    def __call__(cls, *a): return ("meta call", a, super().__call__())
class WithMeta(metaclass=Meta, flag=1): pass
print(WithMeta.made_by, WithMeta.prepared, WithMeta(5)[:2])
class Sub:
    subs = []
    def __init_subclass__(cls, **kw): Sub.subs.append((cls.__name__, kw))
class S1(Sub, a=1): pass
print(Sub.subs)
class Named:
    def __set_name__(self, owner, name): self.name = (owner.__name__, name)
class Holder: x = Named()
print(Holder.x.name)
class Ops:
    def __init__(self, v): self.v = v
    def __add__(self, o): return ("add", self.v)
    def __radd__(self, o): return ("radd", self.v)
    def __iadd__(self, o): self.v += o; return self
    def __eq__(self, o): return self.v == o.v
    def __lt__(self, o): return self.v < o.v
    def __hash__(self): return hash(self.v)
    def __bool__(self): return self.v > 0
    def __len__(self): return 7
    def __getitem__(self, i): return ("item", i)
    def __setitem__(self, i, v): self.set = (i, v)
    def __delitem__(self, i): self.deleted = i
    def __contains__(self, x): return x == self.v
    def __iter__(self): return iter([self.v])
    def __neg__(self): return -self.v
    def __repr__(self): return f"Ops({self.v})"
    def __format__(self, spec): return f"<{spec}>"
    def __matmul__(self, o): return "matmul"
    def __divmod__(self, o): return "divmod"
    def __index__(self): return self.v
o = Ops(3)
for i in range(30):
    o[i] = i; del o[i]
    r = (o + 1, 1 + o, o[1], o[1:2], 3 in o, 4 in o, list(o), -o, not o, len(o), f"{o}", f"{o:x}", o @ o, divmod(o, 1), [1, 2, 3, 4][o], o == Ops(3), o != Ops(3), o < Ops(4))
o += 4
print(r, o, o.set, o.deleted)
class Abstract:
    def __enter__(self): return self
print([c.__name__ for c in type("X", (Many, Plain), {}).__mro__])
print(Plain.__qualname__, Plain.prop.fget.__qualname__, Plain.__module__)
try:
    class Bad(Plain, object, Plain): pass
except TypeError as e: print(e)
x = 10
class Scope:
    x = x + 1
    y = [x for _ in range(2)]
    def f(self): return x, __class__.__name__
print(Scope.x, Scope.y, Scope().f())
