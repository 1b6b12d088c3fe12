"""Writes float.txt: CPython's results for operations on floats; floats in hexadecimal."""

import random
import struct

rng = random.Random(2718)


def emit(*fields):
    print(*(f.hex() if isinstance(f, float) else f for f in fields), sep="|")


def any_float():
    while True:
        x = struct.unpack("<d", rng.randbytes(8))[0]
        if abs(x) < float("inf"):
            return x


special = [0.0, -0.0, 0.5, 1.5, 2.5, -2.5, 0.125, 0.375, 1e16, 9999999999999998.0, 1e15, 123456789012345.6, 1e-4, 1e-5,
           0.00012345, 9.999e-5, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e22, 1e23, 1e100, 0.1, 0.3,
           2.675, 1.005, 1e17, 123456.0, 999999.5, 9999995.0, 75.0, 50.0, 150.0, 250.0, 25.0, 5.0, 45.0, 2.0**70, 0.045,
           1e300, 5e307, 1.5e308, 9007199254740993.0, -1.0, 2.0**61 - 1, 2.0**61, 1e305, 5e22, 4.35, 1e21]
powers = [2.0**e for e in range(-1074, 1024, 41)]
short = [round(rng.uniform(-1000, 1000), rng.randrange(5)) for _ in range(60)]
floats = special + powers + short + [any_float() for _ in range(200)]
for x in floats:
    emit("repr", x, repr(x))
    emit("hash", x, str(hash(x)))
    n, d = x.as_integer_ratio()
    emit("ratio", x, f"{n:x}/{d:x}")
    for digits in rng.sample([0, 1, 2, 3, 5, 10, 17, 22, 300, 323, 330, -1, -2, -3, -21, -22, -306, -308, -309, -400], 4):
        try:
            result = round(x, digits)
        except OverflowError:
            result = "None"
        emit("round", x, digits, result)
    for code in "eEfFgG":
        if code in "fF" and abs(x) > 1e30 and rng.random() < 0.9:
            continue
        precision = rng.choice([0, 0, 1, 2, 3, 6, 10, 17, 25, 60])
        flags = rng.choice(["", "", "+", "#", "+#"])
        emit("format", x, code, precision, flags, f"{x:{flags}.{precision}{code}}")
emit("format", 5e-324, "e", 1200, "", f"{5e-324:.1200e}")
emit("format", 0.1, "f", 1200, "", f"{0.1:.1200f}")
emit("format", 0.1, "g", 1200, "#", f"{0.1:#.1200g}")
for x in (float("inf"), -float("inf"), float("nan")):
    for code in "eEfFgG":
        for flags in ("", "+", "#"):
            emit("format", x, code, 6, flags, f"{x:{flags}.6{code}}")
for _ in range(200):
    x, y = rng.choice(floats), rng.choice(floats)
    if y:
        q, r = divmod(x, y)
        if q == q and abs(q) != float("inf"):
            emit("divmod", x, y, f"{q.hex()} {r.hex()}")
for text in ("1_0.5", "1__0", "_1", "1_.5", "1._5", "1e_5", "1e5_0", "infinity", "+NaN", "-INF", "nan(1)", "1e", ".", "1.", ".5", "0x1",
             "1e+", "1 2", "1_e5", "", " ", " 1.5\t", "++1", "-.5e-3", "1e400", "1e-400", "infinit", "1.5.2", "e5", "-", "1E5", "00.10",
             "9007199254740993", "2.2250738585072011e-308", "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
             "1.7976931348623158e308", "1.7976931348623159e308"):
    try:
        emit("parse", text, float(text))
    except ValueError:
        emit("parse", text, "None")
for text in ("0x1.8", "nan", "-inf", "0x", "1p", "0x1p99999", "0x1p-99999", "1.", ".8", "0x.p1", "  0x1p3\t", "0x1.00000000000008p0",
             "0x1.00000000000018p0", "0x0.00000000000000001p1", "0x1p-1075", "0x1.8p-1075", "0x1.fffffffffffff8p1023",
             "0x1.fffffffffffff7ffp1023", "0x1_0", "0x1p9999999999999999999999", "0x0p99999", "ABC.DEFp-3", "-0x1.123456789abcdef01234p-1030",
             "0x.00000000000000000000000000001p0", "10000000000000000000000000000", "0x0.fffffffffffff8p-1022", "0x1p1024", "+0x1P+4", "", "-",
             "0x1.0000000000000800000000000000001p0", "0x3p-1075", "0x1p-1074", "0x1.2.3", "0x1g"):
    try:
        emit("fromhex", text, float.fromhex(text))
    except (ValueError, OverflowError) as error:
        emit("fromhex", text, str(error))
for text in ("1", "1j", "j", "-j", "+j", "1+j", "1-j", "1+2j", "(1+2j)", " ( 1+2j ) ", "1e5+2e-3j", "infj", "nan+infj", "1+", "1+2", "1 + 2j",
             "1_0+2_0j", "1__0", "", "()", "(1", "1)", "1j+2", "1J", "--1", "1+-2j", "infinity+nanj", "1e", "1+1e5", ".5j", "1.e5j", "++j", "1jj",
             "_1j", "1_j", "in", "nanj", "i", "((1))", "-0-0j", "0-0.0j", "-0.0j", "1e16+1e-5j", "+1-1J", "1.5.5", ".", ".j", "1e+j", "-", "(", ")",
             "infinf", "1+inf j", "-nan+1j", "1e5e", "1ej", "( 1 )", "(j)", "-Inf-1e400j"):
    try:
        emit("complex", text, repr(complex(text)))
    except ValueError as error:
        emit("complex", text, "malformed" if "malformed" in str(error) else "underscore")
