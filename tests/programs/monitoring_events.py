# sys.monitoring: the order of events, switching places off, local events, jumping.
import sys

m = sys.monitoring
E = m.events
TOOL = 3
NAMES = {getattr(E, n): n for n in dir(E) if n.isupper() and n != "NO_EVENTS"}
log = []


def callee(x):
    return x + 1


def branches(n):
    total = 0
    for i in range(n):
        if i % 2:
            total += callee(i)
        else:
            total -= 1
    while total < 3: total += 1
    return [x for x in (1, 2)], len("abc")


def generator():
    try:
        yield 1
        yield from inner()
    except ValueError as e:
        yield str(e)


def inner():
    yield 2
    return 3


def drive():
    g = generator()
    out = [next(g), next(g)]
    out.append(g.throw(ValueError("thrown")))
    out.extend(g)
    for _ in inner():
        pass
    return out


def errors():
    try:
        try:
            int("x")
        finally:
            callee(0)
    except ValueError:
        pass
    for x in iter([].pop, None):
        pass


class Base:
    def method(self, *args, **kwargs):
        return args, kwargs


class Derived(Base):
    def method(self, *args, **kwargs):
        return super().method(*args, **kwargs)


def calls():
    d = Derived()
    d.method(1, k=2)
    print("", end="")
    return sorted([2, 1], key=lambda v: -v), max(*[1, 2]), dict(a=1)


def show(value):
    if value is m.MISSING:
        return "MISSING"
    if isinstance(value, BaseException):
        return repr(value)
    if isinstance(value, Base):
        return "instance"
    return getattr(value, "__qualname__", None) or repr(value)


def recorder(event):
    def callback(code, *args):
        if code.co_filename != __file__ or code.co_qualname == "watch":
            return
        where = code.co_qualname
        rest = args
        if event == E.LINE:
            rest = (args[0] - code.co_firstlineno,)
        elif event == E.INSTRUCTION:
            rest = ()
        log.append(f"{NAMES[event]} {where} {' '.join(map(show, rest))}")
    return callback


def watch(function, events, *args):
    log.clear()
    for bit in NAMES:
        m.register_callback(TOOL, bit, recorder(bit) if bit & events else None)
    m.set_events(TOOL, events)
    try:
        function(*args)
    except Exception as e:
        log.append(f"raised {e!r}")
    finally:
        m.set_events(TOOL, 0)
    for line in log:
        if "lambda" not in line:
            print("  ", line)


m.use_tool_id(TOOL, "test")
starts = E.PY_START | E.PY_RESUME | E.PY_RETURN | E.PY_YIELD
exceptions = E.RAISE | E.RERAISE | E.EXCEPTION_HANDLED | E.PY_UNWIND | E.PY_THROW | E.STOP_ITERATION
for function, events, *args in [
    (branches, starts | E.LINE, 3),
    (branches, E.BRANCH_LEFT | E.BRANCH_RIGHT | E.JUMP, 3),
    (drive, starts | exceptions | E.LINE),
    (errors, starts | exceptions | E.LINE),
    (errors, starts | E.CALL | E.C_RETURN | E.C_RAISE),
    (calls, E.CALL | E.C_RETURN | E.C_RAISE),
]:
    print(function.__name__, events)
    watch(function, events, *args)

# Switching places off, and on again.
seen = []


def disabling(code, line):
    if code is branches.__code__:
        seen.append(line - code.co_firstlineno)
        return m.DISABLE


m.register_callback(TOOL, E.LINE, disabling)
m.set_local_events(TOOL, branches.__code__, E.LINE)
branches(4)
print(sorted(seen), m.get_local_events(TOOL, branches.__code__))
seen.clear()
branches(4)
print(seen)
m.restart_events()
branches(2)
print(sorted(seen))
m.set_local_events(TOOL, branches.__code__, 0)

# What cannot be switched off, and a callback that raises.
m.register_callback(TOOL, E.RAISE, lambda *args: m.DISABLE)
m.set_events(TOOL, E.RAISE)
try:
    int("x")
except ValueError as e:
    print(e)
m.set_events(TOOL, 0)


def failing(code, *args):
    if code is callee.__code__:
        raise KeyError("from callback")


m.register_callback(TOOL, E.PY_RETURN, failing)
m.set_events(TOOL, E.PY_RETURN)
try:
    callee(1)
except KeyError as e:
    print(repr(e))
m.set_events(TOOL, 0)
print(callee(1), m._all_events())

# Errors of the functions.
for call in (
    lambda: m.use_tool_id(6, "x"),
    lambda: m.use_tool_id(TOOL, "x"),
    lambda: m.use_tool_id(4, 1),
    lambda: m.set_events(4, E.LINE),
    lambda: m.set_events(TOOL, 1 << 19),
    lambda: m.set_events(TOOL, E.C_RAISE),
    lambda: m.set_local_events(TOOL, callee, E.LINE),
    lambda: m.set_local_events(TOOL, callee.__code__, E.RAISE),
    lambda: m.register_callback(TOOL, 3, None),
    lambda: m.register_callback(TOOL, 1 << 19, None),
):
    try:
        print(call())
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e)
m.free_tool_id(TOOL)
print(m.get_tool(TOOL))
