# Module-level __getattr__, __dir__, sys.modules tricks.
import sys, types
module = types.ModuleType("made", "A made module.")
exec("def __getattr__(name):\n    if name == 'lazy': return 42\n    raise AttributeError(name)\nplain = 1", module.__dict__)
sys.modules["made"] = module
import made
from made import lazy
print(made.plain, made.lazy, lazy, made.__doc__, made)
try:
    made.other
except AttributeError as error:
    print("AttributeError", error)
print(__name__, type(sys).__name__, "sys" in sys.modules, sorted(n for n in dir(made) if not n.startswith("__")))
space = types.SimpleNamespace(a=1, b="x")
space.c = [2]
print(space, space == types.SimpleNamespace(a=1, b="x", c=[2]), vars(space))
