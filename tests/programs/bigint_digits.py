# Large integers: factorials, fibonacci, pi digits, conversions.
import math, sys
def fib(n):
    a, b = 0, 1
    for _ in range(n): a, b = b, a + b
    return a
print(fib(300), len(str(math.factorial(500))), str(3**500)[-20:])
def pi_digits(count):
    q, r, t, k, n, l = 1, 0, 1, 1, 3, 3
    out = []
    while len(out) < count:
        if 4 * q + r - t < n * t:
            out.append(n)
            q, r, n = 10 * q, 10 * (r - n * t), (10 * (3 * q + r)) // t - 10 * n
        else:
            q, r, t, k, n, l = q * k, (2 * q + r) * l, t * l, k + 1, (q * (7 * k + 2) + r * l) // (t * l), l + 2
    return "".join(map(str, out))
print(pi_digits(60))
big = 7**400
print(int(str(big)) == big, int(hex(big), 16) == big, big.bit_length(), math.isqrt(big) ** 2 <= big, big % 10**9, hash(big) == hash(float(2**70)) or "differs")
try:
    int("1" * 5000)
except ValueError as error:
    print(error)
try:
    str(10**5000)
except ValueError as error:
    print(error)
sys.set_int_max_str_digits(0)
print(len(str(10**5000)))
