"""Writes the tables of this folder. Run it with CPython 3.14; the judge is its C module `_decimal`.

A line is: operation, precision, emax, emin, rounding, clamp, operands, `->`, the result, and the
signals in alphabetical order; fields are separated by single spaces, the operands of `format` by
tabs. The result of two numbers is joined by a semicolon.
"""

import os
import random
import warnings
from decimal import *

warnings.simplefilter("ignore")
ROUNDINGS = [ROUND_UP, ROUND_DOWN, ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_05UP]
FAMILIES = {
    "arithmetic": "add subtract multiply fma abs plus minus".split(),
    "division": "divide divide_int remainder remainder_near divmod powmod".split(),
    "digits": """quantize to_integral_value to_integral_exact normalize next_plus next_minus next_toward logb scaleb
        shift rotate logical_and logical_or logical_xor logical_invert""".split(),
    "order": "compare compare_signal compare_total compare_total_mag max min max_mag min_mag".split(),
    "elementary": "sqrt exp ln log10 power".split(),
    "text": "create_decimal to_eng_string exact".split(),
    "format": ["format"],
}
ARITY = dict.fromkeys("fma powmod".split(), 3) | dict.fromkeys(
    """abs plus minus to_integral_value to_integral_exact normalize next_plus next_minus logb logical_invert sqrt exp ln
    log10 create_decimal to_eng_string exact""".split(), 1)


class Maker:
    def __init__(self, family):
        self.random = random.Random(family)

    def coefficient(self, prec):
        pick, kind = self.random.choice, self.random.randrange(8)
        size = max(1, pick([1, 2, 3, prec - 1, prec, prec + 1, 2 * prec]))
        if kind == 0:
            return "0"
        if kind == 1:
            return "9" * size
        if kind == 2:
            return "1" + "0" * size
        if kind == 3:
            return str(self.random.randrange(10**size)) + pick(["5", "50", "49999", "50001"])
        return str(self.random.randrange(10**size))

    def number(self, prec, emax, emin):
        pick, kind = self.random.choice, self.random.randrange(25)
        sign = pick(["", "-"])
        if kind == 0:
            return sign + pick(["NaN", "sNaN"]) + pick(["", "12345678901234567890123"])
        if kind == 1:
            return sign + "Infinity"
        digits = self.coefficient(prec)
        if kind < 8:
            return sign + digits
        if kind < 22:
            exponent = self.random.randrange(-2 * prec - 3, 2 * prec + 3) - pick([0, len(digits)])
        else:
            exponent = pick([emax, emin, emin - prec, emax - prec]) + self.random.randrange(-3, 3) - pick([0, len(digits)])
        return f"{sign}{digits}E{exponent}"

    def text(self):
        parts = "1 0 9 . e E + - inf nan snan 12345678901234567890 infinity 99999999999999999999 E5 E-7 .5".split()
        return "".join(self.random.choice(parts) for _ in range(self.random.randrange(1, 4)))

    def spec(self):
        def maybe(chance, *choices):
            return self.random.choice(choices) if self.random.random() < chance else ""
        return (
            maybe(0.3, *"<>^=", "*<", "é^") + maybe(0.4, *"+-_") + maybe(0.15, "z") + maybe(0.1, "#") + maybe(0.3, "0")
            + maybe(0.5, str(self.random.randrange(30))) + maybe(0.3, *",_")
            + maybe(0.5, f".{self.random.randrange(12)}", ".3,", ".5_", ".") + maybe(0.7, *"eEfFgG%"))

    def operands(self, operation, prec, emax, emin):
        draw = self.random.randrange
        if operation in FAMILIES["text"] and draw(2):
            return [self.text()]
        operands = [self.number(prec, emax, emin) for _ in range(ARITY.get(operation, 2))]
        if operation in ("scaleb", "shift", "rotate") and draw(5):
            operands[1] = str(draw(-prec - 1, prec + 2))
        if operation.startswith("logical") and draw(6):
            operands = ["".join(self.random.choice("01") for _ in range(draw(1, prec + 2))) for _ in operands]
        if operation == "powmod" and draw(6):
            operands = [str(draw(-10**9, 10**9)), str(draw(10**12)), str(draw(1, 10**9))]
        if operation in ("exp", "ln", "log10", "power") and draw(4):
            operands = [f"{draw(1, 10**6)}E{draw(-6, -2)}" for _ in operands]
        if operation == "power" and draw(2):
            operands[1] = str(draw(-20, 30))
        if operation == "format":
            operands[1] = self.spec()
        return operands

    def line(self, operation):
        prec = self.random.choice([1, 3, 9, 17, 19, 20, 28, 38, 40])
        emax, emin = self.random.choice([9, 99, 999999]), -self.random.choice([9, 99, 999999])
        rounding, clamp = self.random.randrange(8), int(self.random.randrange(4) == 0)
        context = Context(prec=prec, Emax=emax, Emin=emin, rounding=ROUNDINGS[rounding], clamp=clamp, traps=[])
        operands = self.operands(operation, prec, emax, emin)
        result = evaluate(operation, operands, context)
        flags = sorted(signal.__name__ for signal, is_set in context.flags.items() if is_set)
        separator = "\t" if operation == "format" else " "
        head = f"{operation} {prec} {emax} {emin} {rounding} {clamp} {separator.join(operands)}"
        return f"{head}{separator}->{separator}{result}{separator}{' '.join(flags)}".rstrip(" ")


def evaluate(operation, operands, context):
    if operation == "exact":
        try:
            with localcontext(Context(traps=[InvalidOperation])):
                return str(Decimal(operands[0]))
        except InvalidOperation as error:
            context.flags[InvalidOperation] = True
            return "NaN"
    if operation == "create_decimal":
        return str(context.create_decimal(operands[0]))
    if operation == "to_eng_string":
        return context.create_decimal(operands[0]).to_eng_string()
    if operation == "format":
        with localcontext(context):
            try:
                return format(Decimal(operands[0]), operands[1])
            except ValueError:
                return "ValueError"
    values = [Decimal(operand) for operand in operands]
    if operation == "powmod":
        return str(context.power(*values))
    if operation == "divmod":
        return ";".join(map(str, context.divmod(*values)))
    return str(getattr(context, operation)(*values))


for family, operations in FAMILIES.items():
    maker = Maker(family)
    count = max(6, 66 // len(operations))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), family + ".txt")
    with open(path, "w", encoding="utf-8") as file:
        for operation in operations:
            for _ in range(count):
                print(maker.line(operation), file=file)
