# print and its keywords, redirected output, repr of nested data.
import io, pprint, sys
from contextlib import redirect_stdout
print(1, "two", None, [3], sep=", ", end="!\n")
print()
print(*range(3), sep="")
buffer = io.StringIO()
print("to buffer", file=buffer, end="")
with redirect_stdout(buffer):
    print(" and more")
print(repr(buffer.getvalue()))
print("to stderr", file=sys.stderr)
pprint.pprint({"key" + str(i): list(range(i)) for i in range(6)}, width=40)
print({"a": (1,), "b": {"c": [None, ...]}}, 'it\'s "quoted"', b"bytes", 1 + 2j, range(3), slice(1, 2))
print(type(1), int, print, [].append.__name__, Exception("e"), NotImplemented, (lambda: 0).__name__)
try:
    print(1, sep=5)
except TypeError as error:
    print(error)
sys.stdout.write("written\n")
print("flushed", flush=True)
