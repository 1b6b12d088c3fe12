# math, cmath, statistics, random with a seed, decimal, fractions.
import cmath, decimal, fractions, math, random, statistics
print(math.sqrt(2), math.pi, math.factorial(20), math.gcd(12, 18), math.comb(10, 3), math.isclose(0.1 + 0.2, 0.3))
print(math.floor(-1.5), math.ceil(1.2), math.trunc(-1.7), math.log(8, 2), math.hypot(3, 4), math.fsum([0.1] * 10))
print(cmath.sqrt(-1), cmath.polar(1j), statistics.mean([1, 2, 3, 4]), statistics.median([5, 1, 3]), statistics.stdev([1, 2, 3, 4]))
random.seed(42)
print(random.random(), random.randint(1, 100), random.choice("abc"), random.sample(range(10), 3), random.shuffle(x := [1, 2, 3]) or x)
print(decimal.Decimal("0.1") + decimal.Decimal("0.2"), decimal.Decimal(1) / 3, fractions.Fraction(3, 6) + 1)
with decimal.localcontext() as context:
    context.prec = 5
    print(decimal.Decimal(2).sqrt())
try:
    math.sqrt(-1)
except ValueError as error:
    print(error)
