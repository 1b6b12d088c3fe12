"""What the tables of the fuzzer call: files, event loops and statements for one line; follows `hostile.py`."""
import traceback, warnings
STEPS = []
V = contextvars.ContextVar("V")
T = H(4)
o = Plain()
o.a = 1
b = bytearray(b"abcd")
v = memoryview(b"v")


class Zone(datetime.tzinfo):
    """A time zone that interferes."""
    n = 1
    utcoffset, dst, tzname = Base.utcoffset, Base.dst, Base.tzname


class Raw(io.RawIOBase):
    """A file that interferes."""
    def __init__(self, data): self.data, self.at = data, 0
    def readable(self): return True
    def writable(self): return True
    def seekable(self): return True
    def readinto(self, buffer):
        part = self.data[self.at:self.at + len(buffer)]
        hit("raw.readinto", self, None)
        buffer[:len(part)] = part
        self.at += len(part)
        return hit("raw.read", self, len(part))
    def write(self, data): return hit("raw.write", self, len(data))
    def seek(self, where, whence=0): return hit("raw.seek", self, 0)
    def tell(self): return hit("raw.tell", self, 0)
    def truncate(self, size=None): return hit("raw.truncate", self, 0)


class Loop:
    """What futures ask of an event loop."""
    def __init__(self): self.ready = []
    def call_soon(self, call, *args, context=None):
        hit("call_soon", None, None)
        self.ready.append((call, args))
    def run(self):
        for _ in range(9):
            if not self.ready: break
            call, args = self.ready.pop(0)
            call(*args)
    def get_debug(self): return hit("get_debug", None, False)
    def call_exception_handler(self, context): hit("exception_handler", None, None)


def mutate():
    if MUTATIONS and STATE["depth"] < 3 and STATE["left"] > 0:
        STATE["left"] -= 1
        MUTATIONS[0]()


def raise_case(): raise Case("mutation")
def short(iterator): return itertools.islice(iterator, 40)
def limited(iterator): return list(itertools.islice(iterator, 30))
def os_path(parts): return __import__("os").path.join(*parts)
def statistics_like(data): return sum(data) / len(data)
def time_like(value): return __import__("time").strftime("%Y", value)
def binascii_like(data): return __import__("binascii").hexlify(data, b":")
def random_like(n): return __import__("random").Random(1).choices("abc", k=n)
def string_template(text): return __import__("string").Template(text).substitute(c)
def inner(iterator): yield from iterator
def here(): return sys._getframe()
def traceback_text(error): return traceback.format_exception_only(error)
def warnings_warn(text, category): warnings.warn(text, category)
def raise_from(error, cause): raise error from cause


def match(subject):
    match subject:
        case {"a": x, 1: y, **rest}: return x, y, rest
        case [x, *y]: return x, y
        case Plain(value=x) | H(n=x): return x
        case Slotted(x, y): return x, y
        case str(x) | int(x): return x


def starred(error):
    try:
        raise error
    except* Case as group:
        caught = group
    return caught.exceptions


def except_group(error, kind):
    try:
        raise error
    except* kind as group:
        caught = group
    return caught


def try_except(error, kind):
    try:
        raise error
    except kind as caught:
        return caught


def locals_written(value):
    local = value
    frame = sys._getframe()
    frame.f_locals["local"] = 1
    frame.f_locals["fresh"] = value
    del local
    frame.f_locals["local"] = value
    return local


def tracer(frame, event, argument):
    hit("trace", None, None)
    return tracer


async def collect(stream):
    return [item async for item in stream]


async def gathering(first, second):
    async with second as x:
        await first
    return x


async def tasks(first, second):
    task = asyncio.ensure_future(first)
    task.add_done_callback(callback)
    task.cancel(second)
    return await asyncio.gather(task, waiting(), return_exceptions=True)


def step(call, repeat):
    """Runs an operation, and notes what it raised."""
    for _ in range(repeat):
        LOG.append(call.__name__)
        try:
            call()
        except BaseException as error:
            # Only a plain text: a message may be hostile.
            texts = [each for each in error.args if type(each) in (str, int)]
            name = getattr(type(error), "__name__", "?")
            LOG.append("%s(%s)" % (name, ", ".join(map(repr, texts))))


codecs.register_error("fuzz", handler)
