# sys.settrace and sys.setprofile: the order of events; assigning to f_lineno.
import sys
import warnings

warnings.simplefilter("ignore", RuntimeWarning)
log = []


def tracer(frame, event, arg):
    code = frame.f_code
    if code.co_filename != __file__:
        return None
    if event == "exception":
        arg = arg[0].__name__
    elif event != "return":
        arg = ""
    log.append(f"{event} {code.co_name}+{frame.f_lineno - code.co_firstlineno} {arg}")
    return tracer


def profiler(frame, event, arg):
    if frame.f_code.co_filename == __file__ and frame.f_code.co_name != "run":
        name = getattr(arg, "__qualname__", arg)
        log.append(f"{event} {frame.f_code.co_name} {name}")


def generate(n):
    for i in range(n):
        yield i


def work():
    total = 0
    for i in generate(2): total += i
    try:
        {}[total]
    except KeyError:
        total = "abc".upper()
    with open("/dev/null") as f:
        pass
    return (lambda: total)()


def closing():
    g = generate(3)
    next(g)
    g.close()


def one_line_loop():
    i = 0
    while i < 2: i += 1


def opcodes():
    return 1


def run(setter, hook, function):
    log.clear()
    setter(hook)
    try:
        function()
    finally:
        setter(None)
    print(function.__name__, *log, sep="\n  ")


for function in (work, closing, one_line_loop):
    run(sys.settrace, tracer, function)
    run(sys.setprofile, profiler, function)


def by_opcode(frame, event, arg):
    frame.f_trace_opcodes = True
    frame.f_trace_lines = False
    if frame.f_code is opcodes.__code__:
        log.append(event)
    return by_opcode


run(sys.settrace, by_opcode, opcodes)


def failing(frame, event, arg):
    if frame.f_code is one_line_loop.__code__ and event == "line":
        raise RuntimeError("from tracer")
    return failing


sys.settrace(failing)
try:
    one_line_loop()
except RuntimeError as e:
    print(repr(e), sys.gettrace(), e.__traceback__.tb_next.tb_frame.f_code.co_name)


# Jumping: each function notes the lines that it runs.
def straight(out):
    out.append(1)
    out.append(2)
    out.append(3)


def handler(out):
    try:
        out.append(2)
        1 / 0
    except ZeroDivisionError as e:
        out.append(5)
    out.append(6)
    out.append(sys.exception())


def loop(out):
    for i in 1, 2:
        out.append(2)
    out.append(3)


def block(out):
    with open("/dev/null") as f:
        out.append(2)
    out.append(3)


def unbound(out):
    if out is None:
        x = 2
    out.append(3)
    out.append(x if "x" in locals() else "no x")


def yielding(out):
    yield out.append(1)
    yield out.append(2)
    out.append(3)


def jump(function, start, target, event="line"):
    def trace(frame, what, arg):
        code = frame.f_code
        if code is function.__code__:
            if what == event and frame.f_lineno == code.co_firstlineno + start and not done:
                done.append(1)
                frame.f_lineno = code.co_firstlineno + target
        return trace

    done, out = [], []
    sys.settrace(trace)
    try:
        result = function(out)
        if result is not None:
            list(result)
    except Exception as e:
        out.append(e)
    finally:
        sys.settrace(None)
    print(function.__name__, start, target, event, *map(repr, out))


jump(straight, 1, 3)
jump(straight, 3, 1)
jump(straight, 2, 2)
jump(straight, 0, 2, "call")
jump(straight, 3, 1, "return")
jump(straight, 2, -5)
jump(straight, 2, 50)
jump(handler, 2, 6)
jump(handler, 5, 6)
jump(handler, 2, 5)
jump(handler, 6, 2)
jump(handler, 3, 6, "exception")
jump(loop, 2, 3)
jump(loop, 3, 2)
jump(loop, 3, 1)
jump(block, 2, 3)
jump(block, 3, 2)
jump(unbound, 1, 2)
jump(unbound, 3, 4)
jump(yielding, 1, 3, "return")
jump(yielding, 2, 1)
try:
    sys._getframe().f_lineno = 5
except ValueError as e:
    print(e)
for value in (None, "5", 2**70):
    try:
        sys._getframe().f_lineno = value
    except (ValueError, AttributeError) as e:
        print(e)
