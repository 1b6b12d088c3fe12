# frame.f_locals: keys that only look like names, and how it is shown.
import marshal
import sys


class Impostor:
    def __hash__(self):
        return hash("x")

    def __eq__(self, other):
        return other == "x"


class Unhashable(str):
    __hash__ = None


def f():
    x = 1
    y = 2
    proxy = sys._getframe().f_locals
    proxy[Impostor()] = 3
    print(x, proxy[Impostor()], Impostor() in proxy)
    print(reversed(proxy))
    for key in (Unhashable("x"), []):
        try:
            proxy[key]
        except TypeError as error:
            print(error)
    proxy["extra"] = proxy
    print(proxy)
    frame = sys._getframe()
    for name in ("f_trace_lines", "f_trace_opcodes"):
        for value in (True, False, 1, None):
            try:
                setattr(frame, name, value)
                print(name, getattr(frame, name))
            except TypeError as error:
                print(name, error)
        try:
            delattr(frame, name)
        except (TypeError, AttributeError) as error:
            print(name, type(error).__name__, error)


f()

# marshal: what refers to itself.
loop = ([],)
loop[0].append(loop)
copy = marshal.loads(marshal.dumps(loop))
print(copy[0][0] is copy)
cut = slice([], None)
cut.start.append(cut)
code = compile("1", "<code>", "eval")
inner = []
code = code.replace(co_consts=(inner,))
inner.append(code)
for value in (cut, code):
    try:
        marshal.dumps(value)
    except ValueError as error:
        print(error)
for data in (b"\xa8\x01\x00\x00\x00[\x01\x00\x00\x00r\x00\x00\x00\x00", b"\xa8\xff\xff\xff\x7f", b"r\x00\x00\x00\x00"):
    try:
        print(marshal.loads(data))
    except (ValueError, EOFError) as error:
        print(type(error).__name__, error)


class Reader:
    def __init__(self, extra):
        self.extra = extra

    def read(self, n=-1):
        return b""

    def readinto(self, buffer):
        buffer[:1] = b"N"
        return len(buffer) + self.extra


for extra in (0, 1, -1):
    try:
        print(marshal.load(Reader(extra)))
    except (ValueError, EOFError) as error:
        print(type(error).__name__, error)
