# Introspection: inspect, dis, dir, signature, frames.
import dis, inspect, sys
def sample(a, b: int = 2, *args, c, **kw) -> str:
    "A sample."
    return a
print(inspect.signature(sample), inspect.getdoc(sample), inspect.isfunction(sample), list(inspect.signature(sample).parameters))
print(inspect.signature(len), inspect.signature(str.split), inspect.signature(int.to_bytes))
code = sample.__code__
print(code.co_varnames, code.co_argcount, code.co_kwonlyargcount, code.co_flags & 0x0C, code.co_name)
print([i.opname for i in dis.get_instructions(sample)])
def caller(): return sys._getframe(1).f_code.co_name, sys._getframe().f_lineno
def outer(): return caller()
print(outer(), inspect.currentframe().f_code.co_name, inspect.getmodule(inspect).__name__)
class K:
    attr = 1
    def method(self): pass
print([n for n, v in inspect.getmembers(K) if not n.startswith("__")], inspect.ismethod(K().method), inspect.isgeneratorfunction(lambda: (yield)))
print(inspect.getsource(K).splitlines()[1].strip(), K.__firstlineno__ > 0, K.__static_attributes__)
