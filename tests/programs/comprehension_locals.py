"""Names in comprehensions that are part of a module or class body: `locals()`, and `__class__`."""
import sys

y = 0
print([sorted(locals()) for x in [1]], [dict(sys._getframe().f_locals) for x in [1]])
print([type(sys._getframe().f_locals).__name__ for x in [1]], [dir() for x in [1]])
print([eval("x + y") for x in [5]])
[exec("y = x; print(y, sorted(locals()))") for x in [3]]
print(y, "x" in locals(), type(sys._getframe().f_locals).__name__)


class C:
    z = 4
    print([sorted(locals()) for x in [1]], [sorted(vars()) for x in [1]])
    print(sorted(name for name in locals() if not name.startswith("__")))


def caller():
    frame = sys._getframe(1)
    return type(frame.f_locals).__name__, sorted(frame.f_locals)


print([caller() for v in [1]])
exec("print([caller() for v in [1]])", globals(), {"w": 1})
for source in (
    "__class__ = 2\n res = [__class__ for x in [1]]",
    "[super for _ in [1]]\n [__class__ for _ in [1]]",
    "[super for _ in [1]]\n [(lambda: __class__) for _ in [1]]\n [__class__ for _ in [1]]",
    "__class__ = 1\n [(lambda: __class__) for _ in [1]]\n [__class__ for _ in [1]]",
):
    try:
        exec("class D:\n " + source, {})
    except NameError as error:
        print(error)
namespace = {}
exec("__class__ = 2\nres = [__class__ for x in [1]]", namespace)
print(namespace["res"])
