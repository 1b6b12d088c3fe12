# cmath: ordinary values, the edges, and the errors.
import cmath

FUNCTIONS = "acos acosh asin asinh atan atanh cos cosh exp log log10 sin sinh sqrt tan tanh phase polar".split()
PARTS = [0.0, -0.0, 0.5, -2.5, 1e300, 1e-310, float("inf"), float("-inf"), float("nan")]


def shown(value):
    if isinstance(value, tuple):
        return "(" + ", ".join(shown(each) for each in value) + ")"
    if isinstance(value, complex):
        return f"{shown(value.real)} {shown(value.imag)}"
    # The sign of a NaN means nothing.
    return "nan" if value != value else f"{value:.10g}"


for name in FUNCTIONS:
    function = getattr(cmath, name)
    for real in PARTS:
        row = []
        for imag in PARTS:
            try:
                row.append(shown(function(complex(real, imag))))
            except (ValueError, OverflowError) as error:
                row.append(f"{type(error).__name__}: {error}")
        print(name, real, row)

for r in PARTS:
    for phi in PARTS:
        try:
            print("rect", r, phi, shown(cmath.rect(r, phi)))
        except ValueError as error:
            print("rect", r, phi, error)

print(cmath.log(8, 2), cmath.log(1j, -1))
print(cmath.isclose(1, 1 + 1e-10), cmath.isclose(1, 1.1), cmath.isclose(1, 1.1, abs_tol=0.2))
print(cmath.isinf(complex("inf")), cmath.isnan(complex("nanj")), cmath.isfinite(1j))
print(cmath.infj, cmath.nanj, cmath.tau)
for call in (lambda: cmath.log(5, 1), lambda: cmath.sqrt("x"), lambda: cmath.isclose(1, 1, rel_tol=-1)):
    try:
        print(call())
    except Exception as error:
        print(type(error).__name__, error)
