# Integers of every size: floor division, modulo, shifts, powers, bases.
for a, b in [(7, 3), (-7, 3), (7, -3), (-7, -3), (10**30, 7), (-10**30, 10**15)]:
    print(a // b, a % b, divmod(a, b))
print(2**200, (-3)**7, pow(3, 100, 7), pow(5, -1, 11))
print(1 << 70, -1 >> 3, 0xFF & 0x0F, 5 | 8, 6 ^ 3, ~12)
print(int("ff", 16), int("-0b101", 0), int("z", 36), int(" 12_3 "))
print(hex(255), oct(8), bin(-5), (255).to_bytes(2, "big"), int.from_bytes(b"\x01\x00", "little"))
print((10**20).bit_length(), (255).bit_count(), round(12345, -2), round(15, -1), round(25, -1))
try:
    1 // 0
except ZeroDivisionError as error:
    print(type(error).__name__, error)
try:
    int("12x")
except ValueError as error:
    print(error)
