# Classes that metaclasses, namespaces and slots make in unusual ways.
import types
import warnings


def show(make):
    try:
        print(make())
    except Exception as error:
        print(type(error).__name__, error)


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    type("Keys", (), {1: 2})
print([str(each.message) for each in caught])


class Base:
    pass


class Elsewhere(type):
    def mro(cls):
        return (Base,)


def without_itself():
    class A(metaclass=Elsewhere):
        pass


show(without_itself)


class Early(type):
    def mro(cls):
        if cls.__name__ == "Whole" and cls.__mro__ is None:
            show(lambda: type("Part", (cls,), {}))
        return type.mro(cls)


class Whole(metaclass=Early):
    pass


class Metaclass(type, Base):
    pass


class Instance(metaclass=Metaclass):
    pass


show(lambda: Base.__dict__["__dict__"].__set__(Instance, {}))


class Cell:
    __slots__ = ["__classcell__", "plain"]

    def method(self):
        return __class__


print(Cell().method(), type(Cell.__dict__["__classcell__"]).__name__)
show(lambda: Cell().plain)

for owner, name in (
    (property, "fget"), (slice, "start"), (range, "stop"), (types.FunctionType, "__globals__"),
    (types.MethodType, "__self__"), (complex, "real"), (staticmethod, "__func__"),
    (types.GenericAlias, "__origin__"), (types.UnionType, "__args__"),
):
    print(owner.__name__, name, type(vars(owner)[name]).__name__)
show(lambda: setattr(property(), "fget", 1))
show(lambda: setattr(slice(1), "start", 1))
print(slice(1, 2).stop, range(3).stop, type(range(True).stop), (1 + 2j).imag)


class L(list):
    pass


show(lambda: (3,) + L([1]))
show(lambda: [3] + L([1]))


class Annotated:
    a: int

    def __annotate__(format):
        return {"a": str}


print(Annotated.__annotate__(1))
print(None.__eq__(None), None.__ne__(None), None.__eq__(1))
show(lambda: object.__getattribute__(Base(), "missing"))
try:
    object.__getattribute__(Base(), "missing")
except AttributeError as error:
    print(error.name, type(error.obj))
