match command.split():
    case [1, -2.5, "go", ("n" | "s") as y] if y:
        a
    case {"k": v, **rest}:
        b
    case Point(x=0, y=None) | Other(1 + 2j):
        c
    case [first, *_, last]:
        d
    case str() as s:
        e
    case _:
        f
