# match statements over every kind of pattern.
from dataclasses import dataclass
@dataclass
class Point:
    x: int
    y: int
def describe(value):
    match value:
        case 0 | 1: return "small"
        case int(n) if n < 0: return f"negative {n}"
        case "hi": return "greeting"
        case str() as text: return f"text {text!r}"
        case [] | (): return "empty"
        case [x]: return f"one {x}"
        case [first, *rest] if len(rest) > 2: return f"long {first} +{len(rest)}"
        case [x, [y, z]]: return f"nested {x} {y} {z}"
        case {"type": "user", "name": name, **extra}: return f"user {name} {extra}"
        case {}: return "mapping"
        case Point(x=0, y=y): return f"on axis {y}"
        case Point(x, y): return f"point {x},{y}"
        case None | True: return "singleton"
        case _: return "other"
for value in [0, -5, "hi", "x", [], [9], [1, 2, 3, 4], [1, [2, 3]], {"type": "user", "name": "ann", "age": 3},
              {"a": 1}, Point(0, 2), Point(3, 4), None, 2.5, (5,)]:
    print(describe(value))
