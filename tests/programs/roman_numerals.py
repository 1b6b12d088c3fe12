# Conversions with checks.
VALUES = [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]
def to_roman(n):
    if not 0 < n < 4000: raise ValueError(f"out of range: {n}")
    out = ""
    for value, letters in VALUES:
        count, n = divmod(n, value)
        out += letters * count
    return out
def from_roman(text):
    total = 0
    for value, letters in VALUES:
        while text.startswith(letters):
            total, text = total + value, text.removeprefix(letters)
    if text: raise ValueError(f"left over: {text!r}")
    return total
print([to_roman(n) for n in (1, 4, 9, 14, 40, 90, 400, 1994, 2024, 3999)])
print(all(from_roman(to_roman(n)) == n for n in range(1, 4000)))
for bad in (lambda: to_roman(0), lambda: from_roman("XQ")):
    try: bad()
    except ValueError as error: print(error)
