"""contextvars: results and messages."""
import _contextvars
from _contextvars import *

def strip(text):
    while " at 0x" in text:
        start = text.index(" at 0x")
        end = start + 6
        while end < len(text) and text[end] in "0123456789abcdef":
            end += 1
        text = text[:start] + text[end:]
    return text


def t(f):
    try:
        print("ok", strip(str(f())))
    except BaseException as e:
        print(type(e).__name__, "|", strip(str(e)))


t(lambda: ContextVar())
t(lambda: ContextVar(1))
t(lambda: ContextVar('a','b'))
v=ContextVar('a'); w=ContextVar('b',default=5)
t(lambda: repr(v)); t(lambda: repr(w))
t(lambda: v.get())
tk=v.set(3); t(lambda: repr(tk)); t(lambda:v.reset(tk)); t(lambda: repr(tk)); t(lambda:v.reset(tk)); t(lambda:w.reset(tk)); t(lambda: v.reset(1))
t(lambda: tk.old_value)
x=copy_context(); t(lambda: x.run()); t(lambda: x.run(lambda: x.run(int))); t(lambda: x['a']); t(lambda: x[v]); t(lambda: 'a' in x); t(lambda:x.get('a'))
tk=v.set(3)
t(lambda: x.run(v.reset, tk))
t(lambda: Context(1)); t(lambda: type(tk)()); t(lambda: hash(x)); t(lambda: x==Context()); t(lambda: x<x)
t(lambda: Context().run(lambda: list(copy_context().items())))
t(lambda: type(iter(x))); t(lambda: x.items()); t(lambda: x.keys()); t(lambda: x.values()); t(lambda: repr(x))
t(lambda: tk.__enter__() is tk)
t(lambda: tk.__exit__(None,None,None))
t(lambda: tk.__exit__(None,None,None))
t(lambda: _contextvars.Token.MISSING); t(lambda: hash(tk)); t(lambda: ContextVar[int]); t(lambda: x.get()); t(lambda: x.get(v,1,2))
