# Raising, handling, chaining, finally, with, groups, tracebacks.
def lines(e):
    tb, out = e.__traceback__, []
    while tb:
        out.append((tb.tb_frame.f_code.co_name, tb.tb_lineno))
        tb = tb.tb_next
    return out

def level3():
    raise ValueError("deep")
def level2():
    try:
        level3()
    finally:
        x = 1
def level1():
    try:
        level2()
    except ValueError as e:
        raise KeyError("wrapped") from e
try:
    level1()
except KeyError as e:
    print(lines(e), lines(e.__cause__), e.__context__ is e.__cause__, e.__suppress_context__)

def f():
    for i in range(3):
        try:
            if i == 1: continue
            if i == 2: break
            print("body", i)
        finally:
            print("finally", i)
    try:
        return "returned"
    finally:
        print("before return")
print(f())

def overridden():
    try:
        raise ValueError
    finally:
        return "swallowed"
print(overridden())

try:
    raise TypeError
except (ValueError, TypeError) as e:
    print(repr(e))
try:
    e
except NameError as n:
    print(n, n.name)

try:
    try:
        raise ValueError("a")
    except ValueError:
        raise TypeError("b")
except TypeError as e:
    print(repr(e.__context__), e.__cause__)

try:
    raise
except RuntimeError as e:
    print(e)
for bad in (lambda: (_ for _ in ()).throw(5), ):
    try:
        bad()
    except TypeError as e:
        print(e)
try:
    raise 5
except TypeError as e:
    print(e)
try:
    raise ValueError from 5
except TypeError as e:
    print(e)
try:
    try:
        raise ValueError
    except "not a class":
        pass
except TypeError as e:
    print(e)

def outer():
    try:
        raise ExceptionGroup("group", [ValueError(1), TypeError(2), ExceptionGroup("inner", [KeyError(3)])])
    except* ValueError as g:
        print("values", g.exceptions)
    except* KeyError as g:
        print("keys", g.exceptions)
try:
    outer()
except ExceptionGroup as g:
    print("left", g, g.exceptions)
try:
    try:
        raise ValueError("bare")
    except* ValueError as g:
        print(type(g), g.exceptions)
        raise OSError("new")
except* OSError as g:
    print(repr(g))

class Manager:
    def __init__(self, name, swallow=False): self.name, self.swallow = name, swallow
    def __enter__(self): print("enter", self.name); return self
    def __exit__(self, kind, value, tb):
        print("exit", self.name, kind and kind.__name__)
        return self.swallow
with Manager("a") as a, Manager("b", True) as b:
    raise ValueError
try:
    with Manager("c"):
        raise KeyError("through")
except KeyError as e:
    print(lines(e))
def with_return():
    with Manager("d"):
        return 7
print(with_return())
for bad in (5,):
    try:
        with bad: pass
    except TypeError as e:
        print(e)
class OnlyEnter:
    def __enter__(self): pass
try:
    with OnlyEnter(): pass
except TypeError as e:
    print(e)

def rec(n): return rec(n + 1)
try:
    rec(0)
except RecursionError as e:
    print(e)

def unbound():
    try:
        print(x)
    except UnboundLocalError as e:
        print(e)
    x = 1
    del x
    try:
        x
    except UnboundLocalError as e:
        print(e)
unbound()
def free():
    def g(): return y
    try:
        g()
    except NameError as e:
        print(e)
    y = 1
free()
try:
    undefined_name
except NameError as e:
    print(e, e.name)
class C: pass
try:
    C().missing
except AttributeError as e:
    print(e, e.name, type(e.obj).__name__)
try:
    a, b = [1]
except ValueError as e: print(e)
try:
    a, b = [1, 2, 3]
except ValueError as e: print(e)
try:
    a, *b, c = [1]
except ValueError as e: print(e)
try:
    a, b = 5
except TypeError as e: print(e)
try:
    a, b = iter([1, 2, 3])
except ValueError as e: print(e)
assert True
try:
    assert 1 == 2, "message"
except AssertionError as e:
    print(repr(e))
