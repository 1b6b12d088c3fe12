"""Writes bigint.txt: operations on integers and CPython's results, in hexadecimal."""

import math
import operator
import random
import struct
import sys

sys.set_int_max_str_digits(0)
rng = random.Random(314)


def number(bits):
    n = rng.getrandbits(bits)
    if rng.random() < 0.3:
        n ^= (1 << bits) - 1
    if rng.random() < 0.2:
        n = (1 << bits) + rng.randrange(-2, 3)
    return -n if rng.random() < 0.4 else n


def emit(op, *fields, result):
    def shown(v):
        return v if isinstance(v, str) else "None" if v is None else f"{v:x}"

    print(op, *map(shown, fields), shown(result))


def bits_of(x):
    return f"{struct.unpack('<Q', struct.pack('<d', x))[0]:x}"


def tried(fn, *args):
    try:
        return fn(*args)
    except (ZeroDivisionError, ValueError, OverflowError):
        return None


sizes = [1, 8, 29, 30, 31, 59, 60, 61, 64, 90, 120, 200, 500, 1500]
numbers = [0, 1, -1, 2, -2] + [number(s) for s in sizes for _ in range(3)]
binary = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.floordiv,
    "mod": operator.mod, "and": operator.and_, "or": operator.or_, "xor": operator.xor, "gcd": math.gcd,
}
for name, fn in binary.items():
    for _ in range(60):
        a, b = rng.choice(numbers), rng.choice(numbers)
        emit(name, a, b, result=tried(fn, a, b))
for _ in range(12):
    a, b = number(rng.randrange(5000, 9000)), number(rng.randrange(100, 6000))
    emit("div", a, b, result=a // b)
    emit("gcd", a, b, result=math.gcd(a, b))
for a in numbers:
    n = rng.choice([0, 1, 29, 30, 31, 60, 77])
    emit("shl", a, n, result=a << n)
    emit("shr", a, n, result=a >> n)
    emit("invert", a, result=~a)
    emit("hash", a, result=str(hash(a)))
    emit("dec", a, result=str(a))
    emit("float", a, result=(f := tried(float, a)) is not None and bits_of(f) or "None")
    m, e = math.frexp(a) if a.bit_length() < 1024 else (None, None)
    if m is not None:
        emit("frexp", a, result=f"{bits_of(m)}:{e}")
    length = rng.choice([a.bit_length() // 8, a.bit_length() // 8 + 1, 12])
    try:
        text = a.to_bytes(length, "little", signed=True).hex()
    except OverflowError:
        text = "None"
    emit("bytes", a, length, result=text)
    emit("isqrt", abs(a), result=math.isqrt(abs(a)))
    e = rng.randrange(0, 40)
    if a.bit_length() < 300:
        emit("pow", a, e, result=a**e)


def base7(n):
    out = ""
    while n:
        n, d = divmod(n, 7)
        out = str(d) + out
    return out or "0"


for s in (10, 100, 3000):
    n = abs(number(s))
    emit("base7", n, result=base7(n))
for _ in range(60):
    a, e, m = number(rng.choice(sizes[:12])), number(rng.choice(sizes[:9])), number(rng.choice(sizes[:12]))
    emit("powmod", a, e, m, result=tried(pow, a, e, m))
for _ in range(150):
    a, b = number(rng.choice(sizes)), number(rng.choice(sizes))
    r = tried(operator.truediv, a, b)
    emit("truediv", a, b, result="None" if r is None else bits_of(r))
for shift in (1000, 1020, 1021, 1022, 1040, 1060, 1073, 1074, 1075, 1076, 1080):
    for _ in range(3):
        a, b = number(60), number(58) << shift
        r = a / b
        emit("truediv", a, b, result=bits_of(r))
        emit("truediv", b, a | 1, result="None" if (r := tried(operator.truediv, b, a | 1)) is None else bits_of(r))
for a, b in ((2**1024 - 2**970, 1), (2**1024 - 2**970 - 1, 1), (2**53 + 1, 2), (2**54 + 2, 4), (3 * 2**53 + 1, 2**60)):
    r = tried(operator.truediv, a, b)
    emit("truediv", a, b, result="None" if r is None else bits_of(r))
    emit("float", a, result="None" if (f := tried(float, a)) is None else bits_of(f))
