# sys.addaudithook: what native code tells of.
import gc
import marshal
import mmap
import pickle
import sys
import time

WATCHED = (
    "marshal.", "gc.", "time.", "pickle.", "mmap.", "object.__setattr__", "sys._getframemodulename",
    "sys.settrace", "sys.setprofile", "sys.monitoring.", "open", "exec", "compile", "builtins.id", "mine",
)
refuse = set()
seen = []


def hook(event, args):
    if event in refuse:
        raise RuntimeError(f"refused {event}")
    if event.startswith(WATCHED):
        if event == "compile":
            args = args[1:]
        elif event == "exec":
            args = (args[0].co_name,)
        elif event == "builtins.id":
            args = (type(args[0]).__name__,)
        elif event == "open":
            args = (args[0], args[1])
        elif event == "marshal.loads":
            args = (len(args[0]),)
        if event == "object.__setattr__":
            args = args[1:]
        seen.append((event, args))


sys.addaudithook(hook)


class A:
    pass


class B:
    pass


data = marshal.dumps((1, 2))
marshal.loads(data)
time.sleep(0)
pickle.loads(pickle.dumps(A))
mmap.mmap(-1, 8).close()
gc.get_referents([1])
gc.get_objects(0)
A.__name__ = "Renamed"
A().__class__ = B
sys._getframemodulename(0)
sys.settrace(None)
sys.setprofile(None)
sys.monitoring.register_callback(1, 1, None)
eval("1")
compile("x", "<file>", "exec")
id(A)
open("/dev/null").close()
sys.audit("mine", 1, "two", None)
for event, args in seen:
    print(event, args)

for refused, call in (
    ("open", lambda: open("/dev/null")),
    ("exec", lambda: exec("pass")),
    ("marshal.dumps", lambda: marshal.dumps(1)),
    ("sys.addaudithook", lambda: sys.addaudithook(print)),
):
    refuse.add(refused)
    try:
        print(refused, call())
    except RuntimeError as error:
        print(error)
    refuse.discard(refused)

traced = []


def trace(frame, event, arg):
    if frame.f_code is hook.__code__:
        traced.append(event)


sys.settrace(trace)
eval("2")
sys.settrace(None)
print(traced)
