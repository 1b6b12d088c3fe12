"""Case N of seed S as a program: a container, mutations of it, and operations that call hostile objects.

Placeholders in the tables: `$h` a hostile object, `$x` any value, `$i` what serves as an index, `$n` a small number,
`$k` a key, `$t` an iterable, `$t2` an iterable of pairs, `$d` a mapping, `$f` a function of one argument, `$f2` of two,
`$s` a text, `$b` a buffer, `$c` another container like `c`. In operations and mutations `|` between spaces parts the
entries of a table, except where it is Python's own: an entry that does not compile by itself is joined to the next.
"""
import re

import containers
import library

FILL = {
    "h": "H(0) | H(1) | H(2) | H(3) | H(1) | Slotted(1) | Slotted(2) | grown(int, 1) | grown(str, 'a') | grown(float, 1.5) | Attributes() | grown(tuple, (1, 2)) | grown(list, [1, 2]) | H",
    "x": "$h | $h | $h | 1 | 'a' | 2 | None | [$h] | ($h, 1) | c | 1.5 | b'a' | {$k: $h} | True | $n | c",
    "i": "$h | H(1) | H(2) | grown(int, 1) | 0 | 1 | -1 | 2 | None | 5 | -3 | 2**63 | True | Slotted(1) | -2**63",
    "n": "0 | 1 | 2 | 3 | 7",
    "k": "$h | $h | 1 | 'a' | 2 | 'b' | $n | grown(str, 'a') | grown(int, 1) | (1, $h) | None | frozenset([$h]) | H(1)",
    "t": "[$h, $h] | ($h, 1, $h) | H(3) | values(3) | Steps(4) | c | range(3) | 'ab' | {$h, 1} | $d | short(iter(c)) | [1, 2, 3] | grown(list, [1, $h]) | [] | short(map($f, c)) | short(x for x in c) | bytearray(b'ab') | [c, c] | short(reversed(c)) | short(zip(c, c)) | pairs(2)",
    "t2": "[($k, $h), ($k, 1)] | pairs(3) | [($h, $h)] | short(zip(c, values(9))) | [[$h, 1], values(2)] | $d.items() | c",
    "d": "{$k: $h} | {$k: 1, $k: $h, 'a': 2} | H(2) | {} | grown(dict, {'a': 1, 1: 2}) | collections.UserDict(a=1) | {'a': $h, 'b': $h} | c | dict(pairs(3)) | {97: $h, 98: 'x', 99: None}",
    "f": "key | function | truth | callback | $h | lambda x: x | lambda x: mutate() or 1 | lambda x: c | None | int | values | lambda x: $h | H",
    "f2": "lambda a, b: $h | lambda a, b: mutate() or a | operator.add | compare | max | function | lambda a, b: b",
    "s": "'a' | 'b' | '' | 'utf-8' | 'fuzz' | grown(str, 'a') | '{}' | '>5' | 'x\\xe9' | '%s' | 'little' | 'n' | '(.)' | $h | 'value' | '\\u20ac'",
    "b": "b'a' | bytearray(b'ab') | $h | H(2) | memoryview(b'bc') | b'' | array.array('b', b'a') | c | grown(bytes, b'a') | b'%b' | b'(.)' | bytearray(b'a' * 40) | memoryview(bytearray(b'xyz'))[::2]",
}

ANY_MUTATION = """
    gc.collect() | c = None | raise_case() | copy.deepcopy(c) | pickle.dumps(c) | c = [1, 2] | repr(c) | [x for x in short(c)] | hash(c) | c == c |
    H.__eq__ = H.__ne__ | H.__hash__ = None | H.__class__ = Meta | del Base.__lt__ | Base.__index__ = function | H.__bases__ = (Plain,) |
    Base.__len__ = lambda self: 2 | len(c) | list(short(c)) | sorted(short(c)) | c.__class__ = Other | [H(1) for _ in range(20)] |
    next(iter(c)) | json.dumps(c) | sys._getframe(1).f_locals.update(x=1) | sys._getframe(2).f_locals.clear() | d.clear() | d = None |
    for step in STEPS[:2]: step() | STEPS[0]() | STEPS[-1]() | Base.__del__ = function | Base.__eq__ = H | del H.n; H.n = 1 | V.set(H(1))
"""

SUBJECTS = containers.SUBJECTS + library.SUBJECTS


class Random:
    """The same numbers on every interpreter."""
    def __init__(self, seed):
        self.state = (seed * 0x9E3779B97F4A7C15 + 1) % 2**64
        for _ in range(3):
            self.next()

    def next(self):
        self.state ^= self.state >> 12
        self.state = (self.state ^ self.state << 25) % 2**64
        self.state ^= self.state >> 27
        return (self.state * 0x2545F4914F6CDD1D % 2**64) >> 33

    def below(self, limit):
        return self.next() % limit

    def pick(self, items):
        return items[self.below(len(items))]


def sample(text):
    """The text with something harmless for each placeholder."""
    return re.sub(r"\$\w\d?", "q", text)


def compiles(text):
    try:
        compile(block(sample(text)), "entry", "exec")
    except SyntaxError:
        return False
    return True


def block(text):
    """Statements as the body of a function: those after `;` behind a compound one stay in its line."""
    return "def entry():\n    " + text


PARTED = {}


def entries(table):
    """The entries of a table. A part that is Python's own `or` is the next entry, too: it compiles as well."""
    found = PARTED.get(table)
    if found is None:
        found = []
        pending = ""
        for part in re.split(r"(?:^|\s)\|(?=\s)", " ".join(table.split())):
            part = (pending + " | " + part.strip()) if pending else part.strip()
            if not part:
                continue
            if compiles(part):
                found.append(part)
                pending = ""
            else:
                pending = part
        assert not pending, pending
        PARTED[table] = found
    return found


def fill(text, random, make, depth=0):
    def replace(match):
        name = match[1]
        if name == "c":
            return fill(random.pick(entries(make)), random, make, depth + 1)
        choices = entries(FILL[name])
        picked = random.pick(choices)
        for _ in range(9):
            if depth < 3 or "$" not in picked:
                break
            picked = random.pick(choices)
        return fill(picked, random, make, depth + 1) if depth < 6 else "H(1)"
    return re.sub(r"\$(h|x|i|n|k|t2|t|d|f2|f|s|b|c)(?!\w)", replace, text)


def function(name, line):
    return "def %s():\n    global c, d, o, v, T, b\n    %s\n" % (name, line)


def program(seed, number):
    """The text of a case."""
    random = Random(seed * 1000003 + number)
    name, make, operations, mutations = random.pick(SUBJECTS)
    lines = ["# %s" % name, "c = %s" % fill(random.pick(entries(make)), random, make),
             "d = %s" % fill(random.pick(["$d", "{1: c}", "[c]", "$x"]), random, make)]
    names = []
    for index in range(1 + random.below(3)):
        table = mutations if random.below(4) else ANY_MUTATION
        lines.append(function("m%d" % index, fill(random.pick(entries(table)), random, make)))
        names.append("m%d" % index)
    steps = []
    for index in range(1 + random.below(4)):
        operation = fill(random.pick(entries(operations)), random, make)
        lines.append(function("s%d" % index, operation))
        steps.append("s%d" % index)
    odd = 0 if random.below(3) else 2 + random.below(7)
    lines.append("STEPS[:] = [%s]" % ", ".join(steps))
    lines.append("arm([%s], %d, %d, %d)" % (", ".join(names), 1 + random.below(4), random.below(6), odd))
    repeat = 1 if random.below(4) else 4
    lines.extend(["step(%s, %d)" % (step, repeat) for step in steps])
    return "\n".join(lines) + "\n"
