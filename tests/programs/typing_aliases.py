# Aliases and unions: parameters, substitution, equality, pickling.
import pickle
import types
from typing import Annotated, Any, Generic, ParamSpec, TypeVar, TypeVarTuple, Union

T, U, D = TypeVar("T"), TypeVar("U"), TypeVar("D", default=str)
P, Ts = ParamSpec("P"), TypeVarTuple("Ts")


def show(make):
    try:
        print(repr(make()))
    except Exception as error:
        print(type(error).__name__, error)


show(lambda: types.GenericAlias(dict, ([T, U], int)).__parameters__)
show(lambda: types.GenericAlias(dict, ([T, U], int))[str, bytes])
show(lambda: dict[tuple[T, ...], list[U]][int, str])
show(lambda: tuple[*Ts, T][int, str, bytes])
show(lambda: list[int][str])
show(lambda: dict[T, U][int])

alias = list[int]
iterator = iter(alias)
print(type(iterator).__name__, iterator.__reduce__())
starred = next(iterator)
print(starred, iterator.__reduce__(), pickle.loads(pickle.dumps(starred)) == starred)
print("__copy__" in dir(alias), "__origin__" in dir(alias))


class Late:
    def __repr__(self):
        return "late"


late = Late()
alias = types.GenericAlias(dict, (T, late))
print(alias.__parameters__)
late.__typing_subst__ = lambda value: value
show(lambda: alias[0].__class__)


class NoTuple:
    __typing_is_unpacked_typevartuple__ = True

    def __typing_subst__(self, value):
        return 42


show(lambda: types.GenericAlias(dict, (NoTuple(),))[0])


class Shrinks:
    def __repr__(self):
        items.clear()
        return "shrunk"


items = [Shrinks(), 1]
show(lambda: repr(types.GenericAlias(int, items)))

union = int | str
show(lambda: union | "name")
show(lambda: union | (1, 2))
show(lambda: int | 1)
show(lambda: (Annotated[int, {}] | int) == Union[int, Annotated[int, {}]])
show(lambda: hash(Annotated[int, {}] | int))
print(union.__module__, (Any | None).__name__, union.__args__)
print(union == str | int, hash(union) == hash(str | int), union == int)


class A(Generic[T, U, D]):
    pass


show(lambda: A[int])
show(lambda: A[int, bool])
show(lambda: ParamSpec("P", bound=(int, str)).__bound__)
print(isinstance(Generic, type), bool(Generic.__flags__ & 1 << 9), sorted(vars(Generic)))
instance = A()
instance.value = 1
print([pickle.loads(pickle.dumps(instance, protocol)).value for protocol in range(6)])

namespace = {}
exec("from typing import TypeVar\nT = TypeVar('T')", {}, namespace)
print(namespace["T"].__module__)
