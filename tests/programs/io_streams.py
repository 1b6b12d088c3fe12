# Streams of bytes and text: buffering, line ends, positions, errors.
import io
import os
import tempfile


def show(action):
    try:
        print(repr(action()))
    except Exception as error:
        print(type(error).__name__, error)


path = os.path.join(tempfile.mkdtemp(), "text")
with open(path, "w", encoding="utf-8") as stream:
    stream.write("héllo\nworld\r\nx\ry")
with open(path, encoding="utf-8") as stream:
    show(stream.readline)
    place = stream.tell()
    show(stream.read)
    stream.seek(place)
    show(lambda: stream.read(3))
    show(lambda: stream.newlines)
with open(path, newline="", encoding="utf-8") as stream:
    show(lambda: list(stream))
with open(path, "r+b") as stream:
    show(lambda: (stream.read(3), stream.peek()[:2], stream.tell(), stream.seek(2)))
    stream.seek(0)
    stream.write(b"ZZ")
    show(lambda: stream.read(2))
    stream.write(b"!!")
    stream.seek(0)
    show(stream.read)
    show(lambda: stream.seek(0, 7))
show(stream.read)
show(lambda: open(path, "rw"))
show(lambda: open(path, "rb", encoding="x"))
show(lambda: open(path, "r", 0))
show(lambda: open(path, newline="x"))
show(lambda: open(1.5))
memory = io.BytesIO(b"abc\ndef")
show(memory.readlines)
view = memory.getbuffer()
view[0] = 65
show(memory.getvalue)
show(lambda: memory.write(b"longer than before"))
del view
show(lambda: memory.seek(-1))
show(lambda: memory.__getstate__())
text = io.StringIO("a\r\nb\rc", newline=None)
show(lambda: (list(text), text.newlines))
show(lambda: text.seek(1, 1))
show(lambda: text.write(b""))
wide = io.TextIOWrapper(io.BytesIO(), encoding="utf-16-le")
wide.write("aé€\n" * 3)
wide.seek(0)
show(lambda: (wide.readline(), wide.read(2), wide.read()))
show(lambda: wide.reconfigure(newline="\r"))
show(lambda: io.IncrementalNewlineDecoder(None, True).decode("a\r\nb\r"))
show(lambda: io.RawIOBase().read())
show(lambda: io.BufferedIOBase().detach())
