# Operators of subclasses of native classes, where the other operand does not fit.
from datetime import date, datetime, timedelta


class Int(int):
    pass


class Float(float):
    pass


class List(list):
    pass


class Day(date):
    pass


for call in """Int(1) + "x"
Float(1) + "x"
Int(1) * "x"
"x" * Int(2)
List([1]) + 1
List([1]) + [2]
List([1]) * 2
1 + List()
Day(2024, 1, 1) + 1
Day(2024, 1, 1) + timedelta(1)
Day(2024, 1, 1) - 1
datetime(2024, 1, 1) + 1""".split("\n"):
    try:
        print(call, "->", eval(call))
    except TypeError as error:
        print(call, "!!", error)
