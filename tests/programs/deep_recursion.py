# Recursion that is too deep is an error, not a crash.
import sys
def down(n): return 0 if n == 0 else 1 + down(n - 1)
print(down(500))
try:
    down(10**6)
except RecursionError as error:
    print(type(error).__name__, error)
class Loop:
    def __getattr__(self, name): return getattr(self, name + "x")
    def __repr__(self): return repr(self)
for action in (lambda: Loop().a, lambda: repr(Loop()), lambda: eval("(" * 300 + ")" * 300)):
    try:
        action()
    except (RecursionError, SyntaxError, MemoryError) as error:
        print(type(error).__name__)
nested = []
for _ in range(100000):
    nested = [nested]
try:
    nested == [nested]
    print("compared")
except RecursionError:
    print("RecursionError")
del nested
print("freed", sys.getrecursionlimit())
