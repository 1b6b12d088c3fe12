# Comparison chains, identity, boolean values, short circuits.
def show(v):
    print("eval", v)
    return v
print(1 < show(2) < 3, 3 > show(1) > show(2) > show(9), 1 == 1.0 == True, "a" < "b" <= "b" != "c")
print(show(0) or show("") or show([]) or "last", show(1) and show(None) and show(2), not [])
print([bool(v) for v in (0, 1, "", "0", [], [0], None, 0.0, {}, ())])
print(None is None, (1, 2) == (1, 2), [1] is [1], 5 in range(0, 10, 5), "ell" in "hello", 3 not in {1, 2})
print(1 if [] else 2, (lambda: 5)() if True else 6, max(1, 2.0), min("b", "a"), True + True)
try:
    1 < "2"
except TypeError as error:
    print(error)
class Weird:
    def __eq__(self, other): return "eq"
    def __lt__(self, other): return NotImplemented
    __hash__ = None
print(Weird() == 1, Weird() != 1)
try:
    Weird() < Weird()
except TypeError as error:
    print(error)
