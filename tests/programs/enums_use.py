# Enumerations and flags.
from enum import Enum, IntEnum, Flag, auto, StrEnum, unique
class Colour(Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1
    @property
    def pretty(self): return self.name.title()
print(Colour.RED, repr(Colour.GREEN), Colour(2), Colour["RED"], Colour.CRIMSON is Colour.RED, list(Colour))
print(Colour.RED.pretty, Colour.RED.value, len(Colour), Colour.RED in Colour, Colour.__members__["CRIMSON"])
class Level(IntEnum):
    LOW = auto()
    HIGH = auto()
print(Level.HIGH > Level.LOW, Level.HIGH + 1, f"{Level.LOW}", sorted([Level.HIGH, Level.LOW]))
class Perm(Flag):
    R = auto(); W = auto(); X = auto()
both = Perm.R | Perm.W
print(both, Perm.X in both, ~Perm.R, bool(Perm.R & Perm.X), [p.name for p in both])
class Kind(StrEnum):
    A = auto()
print(Kind.A == "a", Kind.A.upper())
try:
    Colour(9)
except ValueError as error:
    print(error)
