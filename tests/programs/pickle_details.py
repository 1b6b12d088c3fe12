"""The native pickler and unpickler: frames, misuse while running, attributes, names."""
import io
import pickle
import _pickle


def attempt(function, *args):
    try:
        return function(*args)
    except Exception as error:
        context = error.__context__
        return type(error).__name__, str(error), type(context).__name__


# A frame may not begin inside another that has not ended.
for inner in b"\x0c", b"\x0a":
    data = b"\x80\x04\x95" + inner + bytes(7) + b"N\x95" + bytes(8) + b"N" * (inner == b"\x0c") + b"N."
    print(attempt(_pickle.loads, data))
for data in (b"S' ' \n.", b"S 'a'\n.", b"S'a'\n.", b"c\nlog\n.", b"cmath\n\n.", b"i\nx\n.", b"(imath\n\n.",
             b"I\n.", b"L\n.", b"F\n.", b"g\n.", b"Np\n.", b"V\n."):
    print(data, attempt(_pickle.loads, data))

unpickler = _pickle.Unpickler(io.BytesIO(b"\x80\x04N."))
unpickler.load()
for name in "log.spam", "log.<locals>.spam", "spam", "":
    print(attempt(unpickler.find_class, "math", name))


class Saver:
    def __reduce__(self):
        print(attempt(pickler.dump, 1), attempt(pickler.__init__, io.BytesIO()))
        return list, ()


file = io.BytesIO()
pickler = _pickle.Pickler(file)
pickler.dump(Saver())
print(pickle.loads(file.getvalue()))


def loader():
    print(attempt(unpickler.load), attempt(unpickler.__init__, io.BytesIO()))
    return 42


unpickler = _pickle.Unpickler(io.BytesIO(b"(c__main__\nloader\n(tRl."))
print(unpickler.load())

pickler = _pickle.Pickler(io.BytesIO(), 0)
print(pickler.bin, pickler.fast)
for value in True, "x", 1 << 63, None:
    for name in "bin", "fast":
        print(attempt(setattr, pickler, name, value), end=" ")
print(pickler.bin, pickler.fast, attempt(delattr, pickler, "bin"))
print(attempt(setattr, pickler, "memo", None), attempt(delattr, pickler, "memo"))
print(attempt(setattr, unpickler, "memo", None), attempt(delattr, unpickler, "memo"))
print(attempt(delattr, pickler, "dispatch_table"))

for name in "nonascii\xff", "nonencodable\udbff":
    class Named:
        def __reduce__(self):
            return name
    named = globals()[name] = Named()
    for protocol in range(4):
        print(ascii(attempt(_pickle.dumps, named, protocol)))


class Writer(list):
    def write(self, data):
        self.append(len(data))


# Large data goes to the file as it is.
for protocol in 2, 4, 5:
    for value in [bytes(70000), "x" * 70000, 1, "y" * 100000], (bytes(70000),), [bytes(30000) for _ in range(6)]:
        writer = Writer()
        _pickle.Pickler(writer, protocol).dump(value)
        print(protocol, writer)
for method in dict.__dict__["fromkeys"], bytearray.__dict__["maketrans"]:
    print(attempt(_pickle.dumps, method))
