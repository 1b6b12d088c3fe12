"""Structs as C's macros see them."""
import sys

import layout


def check(function, *args):
    try:
        print(function.__name__, function(*args))
    except Exception as error:
        print(function.__name__, type(error).__name__, error)


print(layout.__name__, layout.__doc__, layout.__file__.rsplit("/")[-1])
print(type(layout.__loader__).__name__, layout.__spec__.name)
check(layout.list_sum, [1, -2, 300, 1 << 29])
check(layout.list_sum, [])
check(layout.list_sum, [1, 1 << 70])
check(layout.list_sum, (1, 2))
print(layout.list_sum.__text_signature__, layout.list_sum.__doc__, layout.list_sum)
check(layout.make_tuple)
check(layout.make_tuple, 1, "a", None)
check(layout.make_tuple, *range(30))
made = layout.make_list(400)
print(len(made), made[0], made[399], made[50])
for text in ["", "abc", "\xe9t\xe9", "\u20ac5", "a\U0001f600b", "\x00"]:
    check(layout.code_points, text)
check(layout.shift_text, "abc", 1)
check(layout.shift_text, "abc", 0x80)
check(layout.shift_text, "abc", 0x400)
check(layout.shift_text, "abc", 0x10000)
check(layout.shift_text, "", 5)
check(layout.shift_text, b"abc", 5)
print(layout.shift_text("abc", 1) == "bcd", hash(layout.shift_text("abc", 1)) == hash("bcd"))
print({layout.shift_text("key", 0): 1}["key"])
check(layout.float_twice, 1.25)
check(layout.float_twice, 3)
check(layout.bytes_reversed, b"hello")
check(layout.bytes_reversed, b"x")
check(layout.bytes_reversed, b"")
check(layout.bytes_reversed, "x")
print(hash(layout.bytes_reversed(b"ab")) == hash(b"ba"))
for value in [(1, 2, 3), [1], b"four"]:
    check(layout.header, value)
check(layout.dict_pairs, {"a": 1, "b": 2, 3: "c"})


class Attributes:
    def __init__(self):
        self.x = 1
        self.y = 2


check(layout.dict_pairs, Attributes().__dict__)
check(layout.set_size, {1, 2, 3})
check(layout.set_size, frozenset())
check(layout.set_size, [])
array = bytearray(b"12345")
check(layout.bytearray_fill, array, 65)
print(array)
check(layout.complex_parts, 1.5 - 2j)
check(layout.complex_parts, 1)
print(sys.getrefcount(made) - sys.getrefcount(layout.make_list(1)))
for text in "1.5 -2e3x +.5. 1e 1e+ . - inf -Infinityx nan 0x10 1_0 1e400 12345678901234567890123".split(" ") + ["", " 1"]:
    check(layout.leading_float, text)
