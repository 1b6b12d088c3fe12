# with statements: classes, generators, several at once, suppression.
from contextlib import contextmanager, suppress, ExitStack, closing, nullcontext
class Managed:
    def __init__(self, name, swallow=False): self.name, self.swallow = name, swallow
    def __enter__(self): print("enter", self.name); return self
    def __exit__(self, kind, value, tb):
        print("exit", self.name, kind.__name__ if kind else None)
        return self.swallow
with Managed("a") as a, Managed("b"):
    print("inside", a.name)
with Managed("c", swallow=True):
    raise ValueError("swallowed")
@contextmanager
def tag(name):
    print(f"<{name}>")
    try:
        yield name.upper()
    finally:
        print(f"</{name}>")
with tag("p") as upper:
    print(upper)
with suppress(ZeroDivisionError):
    1 / 0
with ExitStack() as stack:
    for name in "xy":
        stack.enter_context(Managed(name))
    stack.callback(print, "callback")
with (tag("one"), tag("two") as two):
    print(two)
try:
    with Managed("d"):
        1 / 0
except ZeroDivisionError:
    print("propagated")
try:
    with 5: pass
except TypeError as error:
    print(error)
