# Every operation of decimal in many contexts: results and flags.
import random
from decimal import *

ROUNDINGS = [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, ROUND_DOWN, ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_05UP]
UNARY = """abs exp ln log10 minus next_minus next_plus normalize plus to_integral to_integral_exact to_integral_value sqrt is_normal
is_subnormal logb number_class to_sci_string to_eng_string logical_invert create_decimal""".split()
BINARY = """add compare compare_signal divide divide_int divmod max max_mag min min_mag multiply next_toward quantize remainder
remainder_near subtract power compare_total compare_total_mag copy_sign same_quantum scaleb shift rotate logical_and logical_or
logical_xor""".split()
RANGES = [(999999, -999999), (384, -383), (9, -9), (0, 0), (MAX_EMAX, MIN_EMIN)]
SPECIAL = ["NaN", "sNaN", "-NaN12", "Infinity", "-Infinity", "0", "-0", "0E+5", "0E-7", "1", "-1", "10", "1E+3", "101", "-11"]
choose = random.Random(314)


def number():
    if choose.random() < 0.2:
        return Decimal(choose.choice(SPECIAL))
    digits = choose.choice([1, 2, 3, 9, 18, 19, 20, 37, 38, 39, 60, 120])
    text = "".join(choose.choice("0123456789") for _ in range(digits))
    if choose.random() < 0.2:
        text = choose.choice(["1", "5", "49", "999"]) + choose.choice("09") * digits
    return Decimal(choose.choice(["", "-"]) + text + "E" + str(choose.choice([0, 0, 1, 3, 40]) - choose.randrange(0, digits + 2)))


def text(result):
    if isinstance(result, tuple):
        return " ".join(map(text, result))
    shown = str(result)
    return shown if len(shown) < 100 else f"{shown[:40]}...{len(shown)}...{shown[-20:]}"


for name in UNARY + BINARY + ["fma", "power3"]:
    print("--", name)
    for _ in range(25):
        emax, emin = choose.choice(RANGES)
        context = Context(
            prec=choose.choice([1, 2, 5, 9, 16, 19, 28, 38, 40, 77]), rounding=choose.choice(ROUNDINGS), Emax=emax, Emin=emin,
            clamp=choose.randrange(2), capitals=choose.randrange(2), traps=[], flags=[],
        )
        setcontext(context)
        if name in UNARY:
            operands = [number()]
        elif name in BINARY:
            operands = [number(), number()]
            if name in ("scaleb", "shift", "rotate"):
                operands[1] = Decimal(choose.randrange(-9, 10))
            elif name == "power" and choose.random() < 0.7:
                operands[1] = Decimal(choose.choice(["2", "-3", "0.5", "17", "-0.25"]))
        elif name == "fma":
            operands = [number(), number(), number()]
        else:
            operands = [Decimal(choose.randrange(-999, 999)), Decimal(choose.randrange(50)), Decimal(choose.randrange(-50, 50))]
        context.clear_flags()
        result = getattr(context, "power" if name == "power3" else name)(*operands)
        flags = [signal.__name__ for signal, is_set in context.flags.items() if is_set]
        print(text(tuple(operands)), "->", text(result), *flags)
    operands = None

print("-- format")
setcontext(Context(prec=28))
VALUES = [Decimal(value) for value in ["0", "-0.00", "1234567.891", "-1E+10", "1E-9", "0.00005", "NaN", "-Infinity", "123456789012345678901234567890.5"]]
SPECS = """e E f F g G n % .0e .3e .0f .2f .3g .0g , _ ,.2f _.3f +.1f -e 020.2f <20 >20.2e ^20f *=+20,.1f x<9.1f z.0f .2% 012, 08,.1f
#.0f #g .3,f x 10c .f 1.5.2 é^15.1f""".split() + ["", " .3f", " <10"]
for spec in SPECS:
    shown = []
    for value in VALUES:
        try:
            shown.append(format(value, spec))
        except ValueError as error:
            shown.append(f"{type(error).__name__}: {error}")
    print(repr(spec), shown)
print(Decimal(12345678).__format__("n", {"decimal_point": ",", "thousands_sep": ".", "grouping": "\3\2"}))
print(Decimal("12345.678").__format__(",", {"decimal_point": ";", "thousands_sep": "é", "grouping": "\3"}))
for override in {"decimal_point": 1}, {"decimal_point": ""}, {"thousands_sep": "12345"}, {"grouping": "\xff"}, {"grouping": "\3\x7f"}:
    try:
        print(Decimal(1).__format__("n", override))
    except (TypeError, ValueError) as error:
        print(type(error).__name__, error)
for spec in f"{10**18}", f".{10**18}f", f"={2**63 - 1}.1", f"{10**18 - 1}":
    try:
        print(format(Decimal("1.25"), spec))
    except (MemoryError, ValueError) as error:
        print(type(error).__name__, error)
