# Type parameters, aliases, protocols, annotations at run time.
import typing
from typing import Protocol, TypedDict, NamedTuple, Literal, get_type_hints, runtime_checkable, Self
class Box[T]:
    def __init__(self, item: T) -> None: self.item = item
    def map[U](self, f: typing.Callable[[T], U]) -> "Box[U]": return Box(f(self.item))
type Pair[A, B = int] = tuple[A, B]
def first[T: (int, str)](items: list[T]) -> T: return items[0]
print(Box(3).map(str).item, Box[int], Box.__type_params__, Pair[str], Pair.__value__, first([1, 2]), first.__type_params__)
@runtime_checkable
class Named(Protocol):
    name: str
    def greet(self) -> str: ...
class Person:
    name = "ann"
    def greet(self): return "hi"
print(isinstance(Person(), Named), isinstance(3, Named))
class Movie(TypedDict, total=False):
    title: str
    year: int
class Employee(NamedTuple):
    name: str
    id: int = 3
print(Movie(title="x"), Movie.__annotations__, Employee("bob"), Employee._field_defaults)
def f(a: int | None, b: "list[str]" = [], *, c: Literal["x", "y"] = "x") -> Self: ...
print(get_type_hints(f), f.__annotations__["b"], int | str, list[int] | None, typing.Optional[int])
print(typing.get_args(dict[str, int]), typing.get_origin(list[int]), isinstance(3, int | str))
