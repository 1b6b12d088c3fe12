# What streams do at their edges: names with NULs, failing and reentrant raw streams, reopening, pickled state.
import codecs
import io
import os
import tempfile
import threading
import warnings

warnings.simplefilter("error", ResourceWarning)


def show(call, *args, **kwargs):
    try:
        print(call(*args, **kwargs))
    except Exception as error:
        print(type(error).__name__, error)


print("-- names of codecs and error handlers")
for name in ("utf-8\0", "\udcfe", "locale"):
    show(codecs.lookup, name)
    show(codecs.lookup_error, name)
    show("a".encode, name)
    show(b"a".decode, name)
    show(b"a".decode, "utf-8", name)
    show(bytes, "a", name)
    show(lambda: io.TextIOWrapper(io.BytesIO(), encoding=name).encoding.lower())
    show(lambda: io.TextIOWrapper(io.BytesIO(), "utf-8", errors=name).errors)

print("-- a raw stream that fails loses what it was given")


class Failing(io.RawIOBase):
    def __init__(self, error):
        self.error = error
        self.got = []

    def writable(self):
        return True

    def write(self, data):
        if self.error:
            error, self.error = self.error, None
            raise error
        self.got.append(bytes(data))
        return len(data)


for error in (RuntimeError("x"), BlockingIOError(11, "wait", 3), OSError(5, "broken")):
    raw = Failing(error)
    text = io.TextIOWrapper(raw, encoding="ascii")
    text.write("hello")
    show(text.flush)
    text.write("again")
    text.flush()
    print(raw.got)


class Reentrant(Failing):
    def write(self, data):
        if not self.got:
            self.got.append("first")
            text.write("middle")
        return super().write(data)


raw = Reentrant(None)
text = io.TextIOWrapper(raw, encoding="ascii")
text.write("abc")
text.write("g" * 8192)
text.flush()
print([len(piece) for piece in raw.got])

print("-- readinto")
reader = io.BufferedReader(io.BytesIO(b"12"))
reader.readinto = lambda buffer: b""
try:
    io.BufferedReader(reader).readline()
except OSError as error:
    print(error, "|", repr(error.__cause__), error.__context__ is error.__cause__)


class Pieces(io.RawIOBase):
    def __init__(self, *pieces):
        self.pieces = list(pieces)

    def readable(self):
        return True

    def readinto(self, buffer):
        piece = self.pieces.pop(0) if self.pieces else b""
        buffer[:len(piece)] = piece
        return len(piece)


buffered = io.BufferedReader(Pieces(b"abc", b"de", b"fgh", b"jkl"), buffer_size=10)
room = bytearray(2)
print(buffered.peek(3), buffered.readinto1(room), bytes(room), buffered.readinto1(room), bytes(room[:1]))
print(buffered.readinto1(room), bytes(room), buffered.peek())
room = bytearray(20)
print(buffered.readinto1(room), bytes(room[:6]))


class Liar(io.RawIOBase):
    def readinto(self, buffer):
        return 2


show(Liar().read, 1)

print("-- closing")
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "file")
    file = open(path, "wb", buffering=0)
    file.flush = lambda: print("closed when it is flushed:", file.closed)
    file.close()
    print(file.closed)
    del file.flush
    show(open, path, "w", newline="bad")
    show(open, path, "w", encoding="no-such")
    with open(path, "w") as file:
        file.write("some\ntext\n")
    with open(path) as file:
        print(repr(file.read()), repr(file.read()))
    with open(path, "rb", buffering=0) as file:
        file.seek(5)
        print(file.read(), file.read())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        show(io.FileIO, path, closefd=False)
        io.FileIO(True, "w", closefd=False).close()
        print([str(each.message) for each in caught])


class SlowClose(io.RawIOBase):
    def __init__(self):
        self.in_flush = threading.Event()
        self.go_on = threading.Event()

    def writable(self):
        return True

    def write(self, data):
        return len(data)

    def flush(self):
        if not self.closed:
            self.in_flush.set()
            self.go_on.wait(10)


slow = SlowClose()
writer = io.BufferedWriter(slow, 8)
closing = threading.Thread(target=writer.close)
closing.start()
slow.in_flush.wait(10)
threading.Timer(0.05, slow.go_on.set).start()
show(writer.write, b"spam")
closing.join()
print(writer.closed)


class Detaching(io.RawIOBase):
    @property
    def closed(self):
        global wrapper
        if wrapper is not None:
            stream, wrapper = wrapper, None
            stream.detach()
        return False


wrapper = None
stream = io.TextIOWrapper(Detaching(), encoding="utf-8")
wrapper = stream
print(stream.close())

print("-- a pair keeps what was read when it is written")
pair = io.TextIOWrapper(io.BufferedRWPair(io.BytesIO(b"foo\nbar\n"), io.BytesIO()), encoding="utf-8")
line = pair.readline()
pair.write(line)
print(repr(line + pair.readline()))

print("-- state")
text = io.StringIO()
for state in ((1, "\n", 0, None), ("a", 1, 0, None), ("a", "\n", "x", None), ("a", "\n", 0, 3), (None, "\n", 0, None)):
    show(text.__setstate__, state)
data = io.BytesIO()
data.close()
show(data.__setstate__, (b"x", 0, None))
print(hasattr(io.IOBase(), "__dict__"))


def delete_chunk_size():
    del io.TextIOWrapper(io.BytesIO(), encoding="ascii")._CHUNK_SIZE


show(delete_chunk_size)
file = io.BytesIO()


class NoPath:
    __fspath__ = None


show(os.fspath, NoPath())
show(open, NoPath())
show(os.stat, NoPath())
show(compile, "1", NoPath(), "eval")
text.close()
show(text.__setstate__, ("a", "\n", 0, None))
print(ascii(os.path.normpath("a/../\ud800//b")), ascii(os.path.abspath("/x/\udfff/.")))
