"""The primitives of Python, each in a loop of its own: what one costs, in nanoseconds.

    python primitives.py [NAME…]      prints `NAME NANOSECONDS`, the best of several rounds
    python primitives.py --list       prints the names

`cargo xtask bench` runs this beside CPython. A primitive is a function of `n` that does its work `n`
times; setting up is part of the function, and small beside the loop.
"""
import sys
import time

PRIMITIVES = {}
# A round lasts about this many seconds; the best of the rounds counts.
ROUND = 0.02
ROUNDS = 7


def primitive(function):
    PRIMITIVES[function.__name__] = function
    return function


class Point:
    kind = "point"

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def sum(self):
        return self.x + self.y

    @property
    def first(self):
        return self.x

    @staticmethod
    def fixed():
        return None

    @classmethod
    def made(cls):
        return None


class Slotted:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x


class Base:
    def method(self):
        return 1


class Derived(Base):
    def method(self):
        return super().method()


class Operand:
    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        return self

    def __eq__(self, other):
        return True

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return index

    def __call__(self):
        return None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None


def nothing():
    return None


def two(a, b):
    return a


def defaults(a, b=1, c=2):
    return a


def variadic(*args, **kwargs):
    return args


def generate(n):
    for i in range(n):
        yield i


@primitive
def loop_range(n):
    for _ in range(n):
        pass


@primitive
def loop_while(n):
    i = 0
    while i < n:
        i += 1


@primitive
def attr_instance(n):
    p = Point(1, 2)
    for _ in range(n):
        p.x


@primitive
def attr_store(n):
    p = Point(1, 2)
    for _ in range(n):
        p.x = 3


@primitive
def attr_slot(n):
    p = Slotted(1)
    for _ in range(n):
        p.x


@primitive
def attr_class(n):
    p = Point(1, 2)
    for _ in range(n):
        p.kind


@primitive
def attr_property(n):
    p = Point(1, 2)
    for _ in range(n):
        p.first


@primitive
def attr_module(n):
    for _ in range(n):
        sys.path


@primitive
def global_read(n):
    for _ in range(n):
        PRIMITIVES


@primitive
def builtin_read(n):
    for _ in range(n):
        len


@primitive
def closure_read(n):
    cell = 1

    def inner(n):
        for _ in range(n):
            cell

    inner(n)


@primitive
def call_function(n):
    f = nothing
    for _ in range(n):
        f()


@primitive
def call_two_args(n):
    f = two
    for _ in range(n):
        f(1, 2)


@primitive
def call_keywords(n):
    f = defaults
    for _ in range(n):
        f(1, c=3)


@primitive
def call_defaults(n):
    f = defaults
    for _ in range(n):
        f(1)


@primitive
def call_variadic(n):
    f = variadic
    for _ in range(n):
        f(1, 2, a=3)


@primitive
def call_unpacked(n):
    f, args = two, (1, 2)
    for _ in range(n):
        f(*args)


@primitive
def call_method(n):
    p = Point(1, 2)
    for _ in range(n):
        p.sum()


@primitive
def call_bound_method(n):
    f = Point(1, 2).sum
    for _ in range(n):
        f()


@primitive
def call_static_method(n):
    p = Point(1, 2)
    for _ in range(n):
        p.fixed()


@primitive
def call_class_method(n):
    p = Point(1, 2)
    for _ in range(n):
        p.made()


@primitive
def call_super(n):
    d = Derived()
    for _ in range(n):
        d.method()


@primitive
def call_object(n):
    o = Operand(1)
    for _ in range(n):
        o()


@primitive
def call_lambda_map(n):
    for _ in map(lambda x: x, range(n)):
        pass


@primitive
def call_builtin(n):
    items = [1, 2, 3]
    for _ in range(n):
        len(items)


@primitive
def call_builtin_abs(n):
    for _ in range(n):
        abs(-5)


@primitive
def call_isinstance(n):
    p = Point(1, 2)
    for _ in range(n):
        isinstance(p, Point)


@primitive
def create_instance(n):
    for _ in range(n):
        Point(1, 2)


@primitive
def create_plain_object(n):
    for _ in range(n):
        object()


@primitive
def operator_overloaded(n):
    o = Operand(1)
    for _ in range(n):
        o + o


@primitive
def equality_overloaded(n):
    o = Operand(1)
    for _ in range(n):
        o == o


@primitive
def len_overloaded(n):
    o = Operand(1)
    for _ in range(n):
        len(o)


@primitive
def int_arithmetic(n):
    a = 12345
    for i in range(n):
        a + i - 7


@primitive
def int_multiply_divide(n):
    a = 12345
    for i in range(n):
        a * i // 7 % 11


@primitive
def int_bits(n):
    a = 12345
    for i in range(n):
        (a ^ i) & 255 | 64


@primitive
def int_big(n):
    a = 1 << 200
    for i in range(n):
        a * a + i


@primitive
def float_arithmetic(n):
    a, b = 1.5, 2.25
    for _ in range(n):
        a * b + a - b


@primitive
def float_divide_power(n):
    a, b = 1.5, 2.25
    for _ in range(n):
        a / b
        a**2


@primitive
def compare_int(n):
    for i in range(n):
        i < 500


@primitive
def compare_chain(n):
    for i in range(n):
        0 <= i < n


@primitive
def str_format(n):
    for i in range(n):
        f"{i}:{n}"


@primitive
def str_percent(n):
    for i in range(n):
        "%d %s" % (i, "x")


@primitive
def str_concat(n):
    text = ""
    for _ in range(n):
        text += "x"


@primitive
def str_join(n):
    parts = ["alpha", "beta", "gamma", "delta"]
    for _ in range(n):
        ", ".join(parts)


@primitive
def str_split(n):
    text = "alpha beta gamma delta"
    for _ in range(n):
        text.split()


@primitive
def str_methods(n):
    text = "Alpha Beta Gamma"
    for _ in range(n):
        text.lower().startswith("alpha")


@primitive
def str_replace_find(n):
    text = "alpha beta gamma delta"
    for _ in range(n):
        text.replace("beta", "x").find("gamma")


@primitive
def str_index(n):
    text = "alpha beta"
    for _ in range(n):
        text[3]


@primitive
def str_slice(n):
    text = "alpha beta gamma"
    for _ in range(n):
        text[2:9]


@primitive
def str_compare(n):
    a, b = "alpha", "alphb"
    for _ in range(n):
        a == b


@primitive
def str_from_int(n):
    for i in range(n):
        str(i)


@primitive
def int_from_str(n):
    for _ in range(n):
        int("12345")


@primitive
def bytes_methods(n):
    data = b"alpha,beta,gamma"
    for _ in range(n):
        data.split(b",")


@primitive
def list_index(n):
    items = [1, 2, 3]
    for _ in range(n):
        items[1]


@primitive
def list_store(n):
    items = [1, 2, 3]
    for i in range(n):
        items[1] = i


@primitive
def list_append_pop(n):
    items = []
    for i in range(n):
        items.append(i)
        items.pop()


@primitive
def list_build(n):
    for i in range(n):
        [i, i, i]


@primitive
def list_comprehension(n):
    [i for i in range(n)]


@primitive
def list_iterate(n):
    for _ in [None] * n:
        pass


@primitive
def list_slice(n):
    items = list(range(10))
    for _ in range(n):
        items[2:7]


@primitive
def list_contains(n):
    items = list(range(10))
    for _ in range(n):
        7 in items


@primitive
def list_sort(n):
    for _ in range(max(1, n // 100)):
        sorted([(i * 7919) % 101 for i in range(100)])


@primitive
def list_sort_key(n):
    for _ in range(max(1, n // 100)):
        sorted([(i * 7919) % 101 for i in range(100)], key=lambda x: -x)


@primitive
def tuple_build_unpack(n):
    for i in range(n):
        a, b, c = i, n, i
        (a, b)


@primitive
def tuple_index(n):
    items = (1, 2, 3)
    for _ in range(n):
        items[1]


@primitive
def dict_get_item(n):
    table = {"a": 1, "b": 2}
    for _ in range(n):
        table["a"]


@primitive
def dict_set_item(n):
    table = {}
    for i in range(n):
        table[i & 1023] = i


@primitive
def dict_get_method(n):
    table = {"a": 1, "b": 2}
    for _ in range(n):
        table.get("b")


@primitive
def dict_build(n):
    for i in range(n):
        {"a": i, "b": n}


@primitive
def dict_iterate(n):
    table = dict.fromkeys(range(1000))
    for _ in range(max(1, n // 1000)):
        for _key, _value in table.items():
            pass


@primitive
def dict_comprehension(n):
    {i: i for i in range(n)}


@primitive
def dict_contains(n):
    table = {"a": 1, "b": 2}
    for _ in range(n):
        "a" in table


@primitive
def set_add_contains(n):
    seen = set()
    for i in range(n):
        seen.add(i & 255)
        i in seen


@primitive
def set_algebra(n):
    a, b = set(range(20)), set(range(10, 30))
    for _ in range(max(1, n // 10)):
        a & b
        a | b


@primitive
def generator(n):
    for _ in generate(n):
        pass


@primitive
def generator_expression(n):
    sum(i for i in range(n))


@primitive
def enumerate_zip(n):
    items = [None] * n
    for _i, _pair in enumerate(zip(items, items)):
        pass


@primitive
def try_no_raise(n):
    for _ in range(n):
        try:
            pass
        except ValueError:
            pass


@primitive
def raise_catch(n):
    for _ in range(n):
        try:
            raise ValueError("no")
        except ValueError:
            pass


@primitive
def raise_catch_native(n):
    table = {}
    for _ in range(n):
        try:
            table["missing"]
        except KeyError:
            pass


@primitive
def with_statement(n):
    o = Operand(1)
    for _ in range(n):
        with o:
            pass


@primitive
def match_statement(n):
    value = (1, 2)
    for _ in range(n):
        match value:
            case (0, _):
                pass
            case (1, y):
                pass


@primitive
def make_function(n):
    for _ in range(n):
        lambda x: x


@primitive
def make_closure(n):
    for i in range(n):

        def inner():
            return i


@primitive
def function_recursion(n):
    def fib(k):
        return k if k < 2 else fib(k - 1) + fib(k - 2)

    for _ in range(max(1, n // 100)):
        fib(8)


@primitive
def build_class(n):
    for _ in range(max(1, n // 100)):

        class Local:
            x = 1

            def f(self):
                pass


def measure(function):
    """The best nanoseconds of processor time per primitive: what else the machine does weighs least so."""
    n = 64
    while True:
        started = time.process_time()
        function(n)
        elapsed = time.process_time() - started
        if elapsed >= ROUND / 2:
            break
        n = n * 2 if elapsed <= 0 else int(n * min(16, max(1.3, ROUND / elapsed)))
    best = elapsed
    for _ in range(ROUNDS):
        started = time.process_time()
        function(n)
        best = min(best, time.process_time() - started)
    return best / n * 1e9


def main():
    names = sys.argv[1:]
    if names == ["--list"]:
        print(*PRIMITIVES, sep="\n")
        return
    for name in names or PRIMITIVES:
        print(name, f"{measure(PRIMITIVES[name]):.3f}", flush=True)


main()
