# Floats: shortest repr, rounding, formatting, special values.
for value in [0.1, 1e16, 1e-5, 123456789.123, 1/3, 5e-324, 1.7976931348623157e308, -0.0]:
    print(repr(value), value.hex())
print(round(2.5), round(3.5), round(2.675, 2), round(-1.5), round(1e300, -299))
print(f"{3.14159:.2f} {1e10:g} {0.00001:e} {12345.678:,.1f} {0.5:%} {1.5:08.3f} {-1.5:+}")
print(float("inf"), float("-Infinity"), float("nan") != float("nan"), float("1_0.5"))
print(7.5 // 2, -7.5 % 2, divmod(7.5, -2), 2.0 ** 0.5, (0.5).as_integer_ratio())
print(1.0 == 1, hash(1.0) == hash(1), 10**400 > 1e308, (2.0).is_integer())
print(complex(1, 2) * 3j, abs(3 + 4j), (1 + 2j) ** 2, complex("1-2j"))
