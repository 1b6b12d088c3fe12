# format(), f-strings and %-formatting.
name, number, items = "World", 42, [1, 2]
print(f"Hello, {name!r:>10}|{number:#x}|{number:08b}|{items=}|{3.14159:{5}.{3}}")
print("{0} {1} {0} {key}".format("a", "b", key="c"), "{[1]} {.real}".format(items, 3))
print("{:<5}|{:^5}|{:>5}|{:*^9}".format(1, 2, 3, "mid"))
print("%s %r %d %05.1f %x %%" % ("s", "r", 7, 2.25, 255), "%(a)s-%(b)03d" % {"a": 1, "b": 2})
print(f"{'nested ' + f'{number + 1}'} {{literal}} {name.upper()!s:.3}")
print(f"{1234567:,} {1234567:_} {0.1 + 0.2:.20f} {255:X} {ord('a'):c} {1e-7}")
print(format(True), format(12, "e"), format("x", "4"), f"{None}", f"{number!a}")
for bad in ["{", "}", "{0.}", "{!x}"]:
    try:
        bad.format(1)
    except (ValueError, IndexError, KeyError, AttributeError) as error:
        print(type(error).__name__, error)
