# Data classes with defaults, ordering, freezing, post-init.
from dataclasses import dataclass, field, asdict, astuple, replace, fields, FrozenInstanceError
@dataclass(order=True)
class Item:
    name: str
    price: float = 0.0
    tags: list[str] = field(default_factory=list, compare=False)
    total: float = field(init=False, repr=False)
    def __post_init__(self):
        self.total = self.price * 1.25
apple, pear = Item("apple", 2.0, ["red"]), Item("pear", 1.5)
print(apple, pear, apple.total, apple < pear, apple == Item("apple", 2.0))
print(asdict(apple), astuple(pear), replace(pear, price=9), [f.name for f in fields(Item)])
@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    x: int
    y: int = 0
point = Point(x=1)
try:
    point.x = 5
except FrozenInstanceError as error:
    print(type(error).__name__, error)
print(point, hash(point) == hash(Point(x=1)), Point.__slots__)
try:
    Point(1)
except TypeError as error:
    print(error)
