"""Subjects: the builtin containers and numbers. See `grammar.py` for the placeholders."""

SEQUENCE = """
    c[$i] | c[$i:$i] | c[$i:$i:$i] | $x in c | c.index($x) | c.index($x, $i, $i) | c.count($x) | len(c) | c + $c | c * $i |
    $i * c | c == $c | c < $c | c != $c | hash(c) | list(c) | tuple(c) | set(c) | sorted(c, key=$f) | sorted(c) | min(c, key=$f) |
    max(c) | sum(c) | sum(c, $x) | any(c) | all(c) | repr(c) | list(reversed(c)) | list(zip(c, $t)) | list(map($f, c, $t)) |
    list(filter($f, c)) | [x for x in c] | {x for x in c} | {x: x for x in c} | list(enumerate(c, $i)) | iter(c).__reduce__() |
    a, *b = c | a, b, e, d = c | function(*c) | dict.fromkeys(c) | '%s %r' % (c, c) | f'{c!r:>9}' | copy.copy(c) | copy.deepcopy(c) |
    pickle.dumps(c) | list(itertools.chain(c, c)) | next(iter(c), 0) | operator.length_hint(iter(c)) | list(itertools.islice(c, $n))
    | list(itertools.pairwise(c)) | heapq.nlargest($n, c, key=$f) | bisect.bisect(c, $x, key=$f) | functools.reduce($f2, c) |
    _collections_abc.Sequence.__contains__(c, $x) | i = iter(c); next(i); i.__setstate__($n); list(i) | bytes(c) | bytearray(c) |
    array.array('i', c) | str(c) | tuple(map(None, c))  | frozenset(c) == $x | isinstance(c, $h) | isinstance($x, tuple(c))
"""
MUTABLE = """
    c[$i] = $x | c[$i:$i] = $t | c[::$i] = $t | c[::2] = $t | del c[$i] | del c[$i:$i] | del c[::$i] | c.append($x) | c.extend($t) |
    c.extend(c) | c.insert($i, $x) | c.pop($i) | c.pop() | c.remove($x) | c.clear() | c.reverse() | c += $t | c *= $i | c.copy() | c[:] = c |
    c[:] = $c | c[1:1] = c | c[1:3] = short(iter(c)) | c.__init__($t)
"""
MUTATE_LIST = """
    c.clear() | del c[:] | c[:] = [$x] * 40 | c.append($h) | c.extend(range(30)) | c.pop() | c.pop(0) | c.insert(0, $h) | c *= 2 |
    c.__init__([$h]) | c.reverse() | del c[::2] | c[:] = []; [[] for _ in range(20)]
"""
MUTATE_DICT = """
    c.clear() | c.update({x: $h for x in range(20)}) | c.pop(1, None) | c.popitem() | c[$k] = $h | c.setdefault($k, $h) | c.__init__(z=1) |
    del c[1] | c.update(c) | c.clear(); c.update({'a': 1}) | [c.pop(k) for k in list(dict.keys(c))]
"""
MUTATE_SET = """
    c.clear() | c.add($h) | c.update(range(20)) | c.pop() | c.discard(1) | c.__init__([$h]) | c.clear(); c.update('abc')
"""
DICT = """
    c[$k] | c[$k] = $x | del c[$k] | $k in c | c.get($k, $x) | c.pop($k, $x) | c.pop($k) | c.popitem() | c.setdefault($k, $x) | c.update($d) |
    c.update($t2) | c.update(a=$x, **$d) | c | $d | $d | c | c |= $d | c == $d | c != $d | list(c) | list(c.items()) | list(c.values()) |
    [k for k in c] | [c.pop(k) for k in c] | {**c, **$d} | function(**c) | dict(c) | dict(c, a=1) | dict($t2) | c.copy() | repr(c) |
    c.keys() & $t | c.keys() - $t | $t | c.keys() == $x | c.items() | $t2 | c.items() ^ $t2 | ($k, $x) in c.items() | $x in c.values() |
    c.keys().isdisjoint($t) | list(reversed(c)) | list(reversed(c.items())) | sorted(c, key=$f) | max(c, key=c.get) | len(c) |
    dict.fromkeys($t, $x) | type(c).fromkeys($t) | c.fromkeys($t) | '%(a)s %(b)r' % c | '{a} {b[1]}'.format_map(c) | copy.deepcopy(c) |
    pickle.dumps(c) | i = iter(c.items()); next(i); c[$k] = $x; next(i, 0) | types.MappingProxyType(c) == $d | exec('a = b', c) |
    eval('a + b', {'__builtins__': c}, c) | json.dumps(c, default=$f, skipkeys=True) | type('T', (), c) | collections.ChainMap(c, $d)[$k] |
    match(c) | [setattr(Plain, k, v) for k, v in c.items()] | str.maketrans(c) | 'abc'.translate(c) | for k, v in c.items(): c[$k] = k |
    for k in c: del c[k] | list(map($f, c.values())) | iter(c).__reduce__() | operator.length_hint(iter(c.values()))
"""
SET = """
    c.add($x) | c.discard($x) | c.remove($x) | c.pop() | $x in c | c | $c | c & $c | c - $c | c ^ $c | c.union($t, $t) | c.intersection($t) |
    c.intersection($t, $t) | c.difference($t) | c.symmetric_difference($t) | c.update($t, $t) | c.intersection_update($t) | c.difference_update($t) |
    c.symmetric_difference_update($t) | c |= $c | c &= $c | c -= $c | c ^= $c | c <= $c | c < $c | c >= $c | c == $c | c.isdisjoint($t) |
    c.issubset($t) | c.issuperset($t) | list(c) | [x for x in c] | for x in c: c.add($x) | for x in c: c.discard(x) | sorted(c, key=$f) |
    repr(c) | frozenset(c) | set(c) | c.copy() | hash(frozenset(c)) | pickle.dumps(c) | copy.deepcopy(c) | i = iter(c); next(i); c.add($x); next(i, 0)
    | c -= c | c ^= c | {*c, *$t} | set($t) | c in {$x} | c.__init__($t) | min(c) | iter(c).__reduce__() | c == $x | $x == c | $c in c
"""

SUBJECTS = [
    ("list", "[$h, 1, $h, 'a', $h, 2.5] | [$h, $h, $h, $h] | [$x] * 5 | [3, 1, 2, $h] | [[$h], [$h]] | grown(list, [1, 2, $h]) | [(1, $h), (1, $h), (0, $h)]",
     SEQUENCE + "|" + MUTABLE + """
        | c.sort() | c.sort(key=$f) | c.sort(key=lambda x: c.append(x)) | c.sort(reverse=True, key=$f) | c.sort(key=functools.cmp_to_key(compare)) |
        heapq.heapify(c) | heapq.heappush(c, $x) | heapq.heappop(c) | heapq.heappushpop(c, $x) | heapq.heapreplace(c, $x) |
        heapq.heapify_max(c) | heapq.heappush_max(c, $x) | heapq.heapreplace_max(c, $x) | heapq.heappop_max(c) |
        list(heapq.merge(c, $t, key=$f)) | bisect.insort(c, $x) | bisect.insort_left(c, $x, key=$f) | bisect.bisect_left(c, $x, $i, $i) |
        ''.join(c) | b''.join(c) | $s.join(c) | os_path(c) | [c.append(x) for x in c if len(c) < 30] | for x in c: c.clear() |
        for x in c: c.pop() | c[0][$i] | c[0] == c[1] | c.sort(key=lambda x: (x, x)) | json.dumps(c, default=$f) | list(itertools.product(c, repeat=2))
        | list(itertools.permutations(c, 2)) | list(itertools.combinations(c, $n)) | list(itertools.accumulate(c, $f2)) | list(itertools.groupby(c, $f)) |
        list(itertools.compress(c, $t)) | list(itertools.batched(c, 2)) | list(itertools.zip_longest(c, $t)) | list(itertools.starmap($f, c)) |
        a, b = itertools.tee(c); next(a); c.clear(); list(b) | i = itertools.cycle(c); [next(i) for _ in range(9)] | list(itertools.takewhile($f, c)) |
        struct.pack('3i', *c) | str.format('{} {!r} {:>4}', *c) | '%s %d %r' % tuple(c) | print(*c, file=$h) | math.fsum(c) | math.prod(c) | math.hypot(*c[:2])
        | math.sumprod(c, c) | math.gcd(*c) | statistics_like(c) | zip(*c, strict=True).__next__() | dict(c) | dict(zip(c, c))
        | c.__class__ = grown(list, []).__class__ | type(c)(c) | c.__setitem__(slice($i, $i), c) | c.__iadd__(c) | c == [*c] | [*c] < c""",
     MUTATE_LIST),
    ("dict", "{1: $h, $h: 2, 'a': $h} | {$h: 1, $h: 2, $h: 3} | {'a': $h, 'b': $h} | {} | {i: $h for i in range(9)} | dict.fromkeys([$h, $h], $h) | grown(dict, {1: 2, 'a': $h}) | Plain.__new__(Plain).__dict__",
     DICT, MUTATE_DICT),
    ("instance dict", "vars(o) | vars(globals().setdefault('o', Plain()))", DICT + """
        | o.a | o.b = $x | del o.a | o.method($x) | o.__dict__ = {'a': $h} | o.__class__ = Other | setattr(o, $s, $x) | getattr(o, $s, 0) | delattr(o, $s)
        | o.__dict__ is c | copy.copy(o) | pickle.dumps(o) | del o.__dict__ | hasattr(o, 'z') | o.a, o.b, o.z = c.values()""",
     MUTATE_DICT + "| o.__dict__ = {'b': $h} | o.__class__ = Other | o.x = $h | del o.a | o.__dict__.clear() | o = Plain(); globals().update(o=o) | del o.__dict__"),
    ("set", "{$h, 1, $h, 'a'} | {$h, $h, $h} | set() | set(range(9)) | grown(set, [1, $h]) | {frozenset([$h]), $h}", SET, MUTATE_SET),
    ("frozenset", "frozenset([$h, 1, $h]) | frozenset() | grown(frozenset, [1, $h])", SET, "gc.collect() | c = None"),
    ("deque", "collections.deque([$h, 1, $h, 2]) | collections.deque([$h] * 9, 10) | collections.deque(range(70)) | grown(collections.deque, [1, $h])",
     SEQUENCE + "|" + MUTABLE + """| c.appendleft($x) | c.extendleft($t) | c.popleft() | c.rotate($i) | for x in c: c.append(x) | for x in c: c.popleft() |
        c.maxlen | collections.deque(c, $i) | i = iter(c); next(i); c.append($x); next(i) | list(reversed(c)) | c.extendleft(c) | c.__init__($t, $n)""",
     MUTATE_LIST + "| c.rotate(1) | c.appendleft($h) | c.popleft()"),
    ("tuple", "($h, 1, $h, 'a') | () | ($h,) * 5 | tuple([$h, $h]) | grown(tuple, (1, $h)) | (($h, 1), ($h, 2))",
     SEQUENCE + "| tuple($t) | tuple(values(3)) | c += $c | c % c | {c: 1}[c] | isinstance($x, c) | issubclass(int, c) | sys.getsizeof(c) | c.__class__(c) | time_like(c)",
     "gc.collect() | c = None | c = ($h,) | c = c + c | gc.get_referrers(c)[0:1] | gc.get_objects()[-1:]"),
    ("bytearray", "bytearray(b'abcdef') | bytearray(9) | bytearray(b'a,b,c' * 20) | grown(bytearray, b'abc') | bytearray($b)",
     SEQUENCE + "|" + MUTABLE + """| c.find($b, $i, $i) | c.replace($b, $b, $i) | c.split($b, $i) | c.rsplit($b) | c.join([$b, $b]) | c.join($t) | c.translate($b, $b) | c.strip($b) |
        c.startswith(($b, $b)) | c.partition($b) | c.rpartition($b) | c.center($i, $b) | c.zfill($i) | c.expandtabs($i) | c.hex($s, $i) | c.fromhex($s) | c.decode($s, $s) |
        c.maketrans($b, $b) | c.removeprefix($b) | c % $x | c % ($x, $x) | b'%s %b' % (c, $b) | memoryview(c)[$i] | int(c) | float(c) | compile(c, 'x', 'exec') |
        c.resize($i) | c += $b | c.count($b, $i) | c.rindex($b) | c.endswith($b, $i) | bytes(c) + $b | re.sub($b, $f, c) | re.split(b'b', c) | struct.unpack_from('2s', c, $i) |
        struct.pack_into('2s', c, $i, $b) | struct.pack_into('hh', c, 0, $h, $h) | io.BytesIO(c).readinto(c) | c[$i:$i] = $b | c.take_bytes($i) | with memoryview(c) as v: c.append(1) |
        v = memoryview(c); c.extend($t) | c.splitlines($x) | int.from_bytes(c) | c.__init__($s, 'utf-8') | c.__alloc__() | c.isalpha() | binascii_like(c)""",
     "c.clear() | c.extend(b'x' * 300) | c.pop() | del c[:] | c[:] = b'' | c.append(1) | del c[:2] | c *= 3 | c.__init__(b'new') | c += b'abc'; del c[5:] | v = memoryview(c); globals().update(v=v) | v.release()"),
    ("bytes", "b'abcdef' | b'' | bytes($b) | b'a,b' * 20 | grown(bytes, b'abc')",
     SEQUENCE + """| c.find($b, $i, $i) | c.replace($b, $b, $i) | c.split($b, $i) | c.join([$b, $b]) | c.join($t) | c.translate($b, $b) | c.strip($b) | c.startswith(($b, $b)) | c.partition($b) | c.center($i, $b)
        | c % $x | c % ($x, $x) | b'%a %c %d' % ($x, $i, $i) | int(c) | c.decode('ascii', 'fuzz') | c.decode($s, $s) | codecs.utf_8_decode(c, 'fuzz') | b'\\xff\\xfe'.decode('utf-8', 'fuzz') | b'\\xff'.decode('utf-16', 'fuzz')
        | bytes($t) | bytes($i) | bytes($s, $s) | c.hex($s) | c.fromhex($s) | c.fromhex($b) | c.removesuffix($b) | c.ljust($i)| c + $b | b'\\xff'.decode('ascii', 'fuzz') | b'\\\\x'.decode('unicode_escape', 'fuzz')""",
     "gc.collect() | c = None | c = b'xyz' * 9"),
    ("str", "'abcdef' | '' | 'h\\xe9\\u20ac\\U0001f600' * 3 | 'a,b' * 20 | grown(str, 'abc')",
     SEQUENCE + """| c.join($t) | c.join([$s, $s]) | c.join(c) | c.format($x, $h, a=$h) | '{0.n} {a[k]} {0:{1}}'.format($h, $h, a=$h) | '{:{}}'.format($x, $h) | c % $x | '%s %r %a' % ($h, $h, $h) | '%d %x %c' % ($i, $i, $i) | '%*.*f' % ($i, $i, $x) |
        '%(a)s %(b)s' % $d | c.translate($h) | c.translate($d) | c.replace($s, $s, $i) | c.split($s, $i) | c.find($s, $i, $i) | c.startswith(($s, $h)) | c.encode('ascii', 'fuzz') | c.encode($s, $s) |
        '\\ud800'.encode('utf-8', 'fuzz') | '\\xe9'.encode('ascii', 'fuzz') | '\\u20ac'.encode('latin-1', 'fuzz') | '\\ud800x'.encode('utf-16', 'fuzz') | '\\u0100'.encode('cp1252', 'fuzz') | codecs.charmap_encode(c, 'fuzz', $d) | codecs.charmap_decode(b'abc', 'fuzz', $d) |
        int(c, $i) | int(c) | float(c) | str($h) | str($b, $s, $s) | str($h, 'utf-8') | format($x, $s) | format($h, c) | f'{$h!s:{$h}}' | f'{$x:{$n}}' | c.center($i, $s) | c.expandtabs($i) | c.zfill($i) | c.splitlines($x) | c.maketrans($s, $s) | c.strip($s) | c.partition($s) |
        ord(c) | chr($i) | re.sub($s, $f, c) | re.sub('b', lambda m: $h, c) | re.findall($s, c) | re.compile(c) | re.match($s, c, $i) | [m.group($i) for m in re.finditer('(.)', c)] | re.search('(?P<a>b)', c) [$k] | json.loads(c, object_hook=$f) | eval(c, $d) | setattr(Plain, c, $x) | getattr($h, c) | c in $x | $s + c | c * $i | sys.intern(c) | string_template(c)""",
     "gc.collect() | c = None | c = 'xyz' * 9 | sys.intern('abc') | re.purge()"),
    ("array", "array.array('i', [1, 2, 3, 4]) | array.array('d', [1.5, 2]) | array.array('b', b'abcdef') | array.array('w', 'h\\xe9llo') | array.array('Q')",
     SEQUENCE + "|" + MUTABLE + """| c.frombytes($b) | c.fromlist([$h, $i, $h]) | c.fromlist($t) | c.fromunicode($s) | c.tobytes() | c.tolist() | c.byteswap() | c.buffer_info()[1] | array.array(c.typecode, $t) | array.array(c.typecode, c) |
        c.tofile($h) | c.fromfile($h, $n) | memoryview(c)[$i] | memoryview(c)[$i] = $x | c[$i:$i] = $c | c += $c | c.extend($c) | c.index($x, $i, $i) | struct.pack_into('h', c, $i, $h) | v = memoryview(c); c.append($i) | c.tounicode() | for x in c: c.append(1); len(c) > 50 and c.clear()""",
     "c.pop() | del c[:] | c.extend(c) | c.append(1) | c.byteswap() | c *= 2 | c.insert(0, 1) | del c[::2] | v = memoryview(c); globals().update(v=v) | v.release() | del c[2:]"),
    ("memoryview", "memoryview(bytearray(b'abcdefgh')) | memoryview(array.array('i', [1, 2, 3, 4])) | memoryview($h) | memoryview(b'abc') | memoryview(bytearray(16)).cast('i') | memoryview(bytearray(24)).cast('h', [3, 4]) | memoryview(bytearray(range(12)))[::-2]",
     SEQUENCE + """| c[$i] = $x | c[$i:$i] = $b | c[$i:$i:$i] = c | c.cast($s) | c.cast('B', [$i, $i]) | c.cast('B', $t) | c.tolist() | c.tobytes($s) | c.hex($s, $i) | c.toreadonly() | c.release() | c == $b | c != $c | hash(c) | bytes(c) | bytearray(c) | c.obj | c.nbytes | with c: c[$i] | c[$i, $i] | c[$i, $i] = $x |
        struct.unpack_from('h', c, $i) | struct.pack_into('h', c, $i, $h) | io.BytesIO(c) | c[:] = c[::-1] | memoryview(c) | c.index($x, $i) | c.count($x) | for x in c: c.release() | c.shape, c.strides, c.suboffsets | copy.copy(c) | pickle.dumps(pickle.PickleBuffer(c), 5) | c[0:0] = b'' | int.from_bytes(c) | b''.join([c, $b]) | re.match(b'.', c)""",
     "c.release() | c.obj.clear() | c.obj.pop() | c.obj.extend(b'abc') | c = None | c[0] = 9 | c.toreadonly().release() | c.__exit__()"),
    ("int", "$n | 2**70 | grown(int, 5) | True | -1", """
        c + $x | c - $x | $x + c | c * $x | c // $x | c % $x | divmod(c, $x) | c ** $n | pow(c, $i, $i) | c & $x | c | $x | c ^ $x | c << $n | c >> $x | -c | abs(c) | round(c, $i) | c == $x | c < $x | hash(c) | int($h) | int($x) | int($s, $i) | int($b) | float($h) | complex($h, $h) | complex($x) | bool($h) |
        range($i, $i, $i) | range($h)[$i] | $x in range($n) | range($n).index($x) | range($n).count($x) | range($i) == range($i) | list(range($n))[$i] | slice($i, $h, $i).indices($i) | slice($h, $h) == slice($h, $h) | hash(slice($h, $h)) | c.to_bytes($i, $s) | int.from_bytes($t) | int.from_bytes($h, $s) | c.from_bytes($b, $s, signed=$h) |
        math.floor($h) | math.gcd($i, $i) | math.factorial($n) | math.comb($n, $i) | math.isqrt($i) | math.ldexp(1.5, $i) | math.sqrt($h) | math.dist($t, $t) | math.perm($i) | math.log($h, $h) | math.fma($h, 1, $h) | bin($h) | hex($i) | oct($i) | chr($i) | round($h, $i) | round(2.5, $i) | operator.index($h) | c.__format__($s) | c.as_integer_ratio() | sum($t, c) | min($h, $h, key=$f) | max($t, default=$h) |
        fractions.Fraction($h, $i) | decimal.Decimal($h) | decimal.Decimal(c) + $x | float.fromhex($s) | float($s) | float.__round__(2.5, $h) | random_like($i) | datetime.timedelta($h) | datetime.timedelta(days=$i, hours=$h) | datetime.timedelta(1) * $h | datetime.timedelta(1) / $x | datetime.date($i, $i, $i) | time_like($h) | enumerate($t, $i).__next__() | divmod($h, $h) | pow($h, $h, $h) | $h @ $h if 0 else ~c | itertools.count($h, $h).__next__() | list(itertools.repeat($h, $i)) if 0 else 0 | next(itertools.islice($t, $i, $i, $i), 0)""",
     "gc.collect() | c = None | c = 2**100 | del type($h).n"),
]
