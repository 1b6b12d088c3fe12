# Frames seen from Python: f_locals, line numbers, locals(), exec and eval, code objects.
def tb_frame():
    local = "value"
    cellvar = "cell"
    def inner(): return cellvar
    try:
        raise ValueError
    except ValueError as e:
        return e.__traceback__.tb_frame, inner
frame, inner = tb_frame()
print(frame.f_code.co_name, sorted(frame.f_locals), frame.f_locals["local"], frame.f_lineno)
def live():
    x = 1
    y = 2
    try:
        1 / 0
    except ZeroDivisionError as e:
        f = e.__traceback__.tb_frame
    f.f_locals["x"] = "written"
    f.f_locals["extra"] = 5
    return x, y, sorted(k for k in f.f_locals if k not in ("e", "f")), f.f_locals["extra"]
print(live())
def loc(a, b=2):
    c = 3
    return locals()
print(loc(1))
ns = {}
exec("x = 5\ndef f(): return x + 1\ny = f()", ns)
print(ns["x"], ns["y"], eval("x * y", ns), eval("a + b", {"a": 1}, {"b": 2}))
code = compile("a = 1\nb = a + 1\n", "<string>", "exec")
print(code.co_name, code.co_names, code.co_consts, code.co_filename, code.co_firstlineno)
def f(a, b, /, c, *args, d, **kw):
    e = a
    def g(): return e
    return g
c = f.__code__
print(c.co_argcount, c.co_posonlyargcount, c.co_kwonlyargcount, c.co_nlocals, c.co_varnames, c.co_cellvars, c.co_freevars, c.co_flags)
print([row[2] for row in c.co_lines() if row[2]][:3], len(list(c.co_positions())) > 5)
c2 = c.replace(co_name="renamed")
print(c2.co_name, c2 == c, c == c.replace(), hash(c) == hash(c.replace()), c2.co_code == c.co_code)
for i in range(100):
    def hot(x): return x + 1
    hot(i)
print(len(hot.__code__.co_code), hot.__code__.co_code == compile("def hot(x): return x + 1", "", "exec").co_consts[0].co_code)
try:
    exec("a = ")
except SyntaxError as e:
    print(type(e).__name__, e.msg, e.lineno, e.offset, e.text)
try:
    exec("def f():\n  x = 1\n y = 2")
except IndentationError as e:
    print(type(e).__name__, e.msg, e.lineno)
try:
    exec("return 5")
except SyntaxError as e:
    print(e.msg, e.lineno, e.offset)
def funcattrs(x=1, *, y=2): "doc"
funcattrs.attr = 5
print(funcattrs.__doc__, funcattrs.__kwdefaults__, funcattrs.__dict__, funcattrs.__closure__, inner.__closure__[0].cell_contents)
funcattrs.__defaults__ = (10,)
print(funcattrs.__defaults__)
def a(): return "a"
def b(): return "b"
for i in range(20): a()
a.__code__ = b.__code__
print(a())
try:
    a.__code__ = inner.__code__
except ValueError as e: print(e)
