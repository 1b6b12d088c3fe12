"""Writes format_spec.txt: values, specifiers and what CPython's format() says to them."""

import random

rng = random.Random(1414)
ints = [0, 1, -1, 7, 255, -1234, 1234567, -98765432109876, 2**70, 65, 0x1F600, 10**400, -5]
floats = [0.0, -0.0, 1.5, -2.5, 1234567.1234567, 1e-9, -1e-9, 1e16, 123456789.0, 1e300, 0.1, -0.04, float("inf"),
          float("-inf"), float("nan"), 999999.5, 12.0]
complexes = [complex(a, b) for a, b in ((0, 1), (1, 2), (-0.0, 3), (1.5, -2.5), (1234567.25, 9876543.125), (0, float("nan")), (1, -0.0))]
strings = ["", "x", "hello", "Grüße 😀"]


def emit(value, spec):
    if isinstance(value, str):
        shown = "s" + value
    elif isinstance(value, int):
        shown = f"i{value}"
    elif isinstance(value, float):
        shown = "f" + value.hex()
    else:
        shown = f"c{value.real.hex()} {value.imag.hex()}"
    try:
        result = format(value, spec)
    except (ValueError, OverflowError) as error:
        result = f"{type(error).__name__}: {error}"
    print(shown, spec, result, sep="\t")


seen = set()
for group, codes, count in ((ints, "bcdoxXneEfFgG%", 900), (floats, "eEfFgGn%", 900), (complexes, "eEfFgGn", 400), (strings, "s", 200)):
    for _ in range(count):
        value = rng.choice(group)
        spec = rng.choice(["", "", "", "<", ">", "^", "=", "*<", "0>", "é^", "x=", "<<"])
        spec += rng.choice(["", "", "", "", "+", "-", " "]) + rng.choice(["", "", "", "", "z"])
        spec += rng.choice(["", "", "", "#"]) + rng.choice(["", "", "0"]) + rng.choice(["", "", "5", "12", "23", "٣"])
        spec += rng.choice(["", "", "", ",", "_"]) + rng.choice(["", "", "", ".0", ".1", ".3", ".10", ".5_", "._", ".,"])
        spec += rng.choice(["", *codes, *codes, rng.choice("bcdoxXneEfFgG%sqé\x7f,_ .")])
        if rng.random() < 0.03:
            spec += rng.choice(["d", ".", ",", "q", "1"])
        if spec and (value, spec, str(value)) not in seen:
            seen.add((value, spec, str(value)))
            emit(value, spec)
for value in (5, 1.5, "x", 1j):
    for spec in (".", "5.", ",_", "_,", ",,", "._,", ".,_", "99999999999999999999", ".99999999999999999999", ".2147483648f", "é", ",é", "10dd"):
        emit(value, spec)
