# Decimal numbers: how they are made, what they convert to, how they compare, and messages about arguments.
import copy
import math
import numbers
import operator
import pickle
from decimal import *
from fractions import Fraction


def show(label, call, *args, **keywords):
    try:
        result = repr(call(*args, **keywords))
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    print(f"{label}: {result}")


D = Decimal
print("-- making")
SOURCES = [
    "1.50", " -1_0.5e+3\t", "1__2", "\u0661\u0662.\u0665", "NaN123", "-sNaN", "inf", "1 2", "", "_", "1\0", "\ud800", "1e", ".5", "5.", ".",
    5, -(10**45), True, 0.1, -0.0, 5e-324, 1e22, float("nan"), float("-inf"), D("1.0"),
    (0, (1, 2, 3), -2), [1, [4], "F"], (1, (), "n"), (0, (0, 7), "N"), (1, (), 3), (0, (1, 2)), (2, (1,), 0), (0, 5, 0),
    (0, (1, 11), 0), (0, ("x",), 0), (0, (1,), "x"), (0, (1,), 1.5), (0, (1,), 10**30), ("x", (1,), 0),
    None, 1j, b"1", {}, object,
]
for source in SOURCES:
    show(f"Decimal({source!r})", D, source)
    show("    rounded", Context(prec=3).create_decimal, source)
    show("    from_number", D.from_number, source)
    show("    from_float", D.from_float, source)
show("nothing", D)
show("context", D, "x", Context(traps=[]))
show("no context", D, "1", 2)
show("named", D, value="3", context=None)
show("too many", D, 1, 2, 3)
show("unknown", D, valu=1)


class Own(D):
    def __init__(self, *args):
        self.args = args


for made in Own("1.5"), Own.from_float(0.25), Own.from_number(3), Own(D(4)):
    print(type(made).__name__, made.args, type(made + 1).__name__, made)
one = D(1)
print(D(one) is one, copy.copy(one) is one, copy.deepcopy(one) is one, type(D(Own("2"))).__name__)

print("-- showing and converting")
for text in ["0", "-0", "123.4500", "1E+5", "1E-10", "-1.5", "2.5", "1E+30", "NaN", "-NaN7", "sNaN1", "Infinity", "-Infinity", "9" * 60]:
    number = D(text)
    print(repr(number), str(number), number.to_eng_string(), number.as_tuple(), number.adjusted())
    for convert in int, float, complex, bool, round, math.floor, math.ceil, math.trunc, D.as_integer_ratio:
        show(f"    {convert.__name__}", convert, number)
    show("    round 1", round, number, 1)
    show("    round -1", round, number, -1)
    print("   ", pickle.loads(pickle.dumps(number)).compare_total(number), number.__reduce__())
    print("   ", number.number_class(), number.is_normal(), number.is_signed(), number.real is number, number.imag)
show("round text", round, D(1), "x")
show("round None", D(1).__round__, None)
show("round huge", round, D(1), 10**30)
show("exact tuple", lambda: tuple(D("1.20").as_tuple()))
with localcontext(capitals=0):
    print(D("1E+5"), D("1E+7").to_eng_string(), repr(D("1E-7")), f"{D('1E+5'):E} {D('1E+5'):e}")

print("-- comparing")
others = [1, 1.0, Fraction(1, 1), True, 1j, 1 + 0j, "1", None, D("1.00"), D("NaN"), float("nan"), Fraction(1, 3), 10**40, -0.5]
for other in others:
    for compare in operator.eq, operator.ne, operator.lt, operator.ge:
        show(f"1 {compare.__name__} {other!r}", compare, one, other)
        show("    reflected", compare, other, one)
for text in "0", "-0.0", "1.5", "1E+20", "-12.375", "1E-5", "Infinity", "7E+100":
    number = D(text)
    print(text, hash(number) == hash(float(number)) or hash(number) == hash(Fraction(number)), hash(number))
show("hash sNaN", hash, D("sNaN"))
with localcontext(traps=[FloatOperation]) as c:
    print(one == 1.5, c.flags[FloatOperation])
    show("less", lambda: one < 1.5)
    show("make", D, 1.5)
    show("from_float", D.from_float, 1.5)
print(isinstance(one, numbers.Number), isinstance(one, numbers.Real))

print("-- arguments")
for call in [
    lambda: one + 1.5, lambda: "x" - one, lambda: one**"x", lambda: pow(one, 2, "x"), lambda: pow(2, 3, D(5)), lambda: pow(D(2), 3, 5),
    lambda: one.exp(1), lambda: one.exp(None, None), lambda: one.exp(foo=1), lambda: one.compare(), lambda: one.compare(1.5),
    lambda: one.compare(1, 2, 3), lambda: one.compare(1, other=2), lambda: one.compare(other=1, foo=2), lambda: one.fma(1),
    lambda: one.fma(2, "x"), lambda: one.fma(2, 3), lambda: one.quantize(one, "x"), lambda: one.quantize(1, rounding=5),
    lambda: one.to_integral("x"), lambda: one.to_integral_value(rounding=ROUND_UP, context=1), lambda: one.copy_sign("x"),
    lambda: one.is_normal("x"), lambda: one.same_quantum("x"), lambda: one.canonical(1), lambda: one.__round__(1, 2),
    lambda: one.__deepcopy__(), lambda: D.from_float(), lambda: one.__format__(1), lambda: one.__format__(), lambda: one.__format__("", 1),
]:
    show("   ", call)
c = Context(prec=5)
for call in [
    lambda: c.add(1), lambda: c.add(1, 2, 3), lambda: c.add("x", 1), lambda: c.abs(), lambda: c.abs("x"), lambda: c.power(1),
    lambda: c.power(2, 3, 5), lambda: c.power(2, b=3, modulo=None), lambda: c.power(2, 3, foo=1), lambda: c.fma(1, 2),
    lambda: c.is_nan("x"), lambda: c.is_canonical(1), lambda: c.canonical(1), lambda: c.copy_decimal("1"), lambda: c.copy_decimal(3),
    lambda: c._apply(D("1.234567")), lambda: c.create_decimal(1, 2), lambda: c.create_decimal(), lambda: c.create_decimal_from_float("x"),
    lambda: c.to_sci_string(10**9), lambda: c.to_eng_string(D("1E+4")), lambda: c.number_class(-3), lambda: c.divmod(7, 2),
]:
    show("   ", call)

print("-- signatures")
for owner in Decimal, Context:
    for name in sorted(vars(owner).keys() - {"__module__", "__getattribute__", "__doc__"}):
        print(owner.__name__, name, getattr(vars(owner)[name], "__text_signature__", None))
print(Decimal.__text_signature__, Context.__text_signature__)
for function in getcontext, setcontext, localcontext, IEEEContext:
    print(function.__name__, function.__text_signature__)
