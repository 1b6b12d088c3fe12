# Contexts of decimal: their settings, signals and messages, and which one is current.
import contextvars
import copy
import decimal
import gc
import pickle
import threading
import weakref
from decimal import *


def show(label, call, *args, **keywords):
    try:
        result = repr(call(*args, **keywords))
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    print(f"{label}: {result}")


print(decimal.Decimal.__module__, decimal.Context.__module__, decimal.__version__)
print(Context())
print(BasicContext, ExtendedContext, DefaultContext, sep="\n")

VALUES = [None, 0, -1, 1, 2, 10**18, 10**30, 1.5, "ROUND_UP", "x", [], True]
for name in "prec", "Emax", "Emin", "rounding", "capitals", "clamp", "flags", "traps", "other":
    for value in VALUES:
        show(f"set {name} {value!r}", setattr, Context(), name, value)
        show(f"with {name} {value!r}", Context, **{name: value})
    show(f"del {name}", delattr, Context(), name)

show("many", Context, 1, 2, 3, 4, 5, 6, 7, 8, 9)
show("positional", Context, 1, ROUND_UP, -3, 4, 1, 0, [], [])
show("new", Context.__new__, Context, 1, 2, x=3)
show("near", Context, _traps=1)

print("-- signals")
c = Context()
flags = c.flags
print(flags, c.traps, c.flags is flags, len(flags), list(flags) == list(c.traps))
print(type(flags).__name__, [base.__name__ for base in type(flags).__mro__[1:4]])
show("get", lambda: flags[Clamped])
show("get 1", lambda: flags[1])
show("get condition", lambda: flags[decimal.ConversionSyntax])
show("set", flags.__setitem__, Inexact, "yes")
show("set condition", flags.__setitem__, decimal.ConversionSyntax, True)
show("del", flags.__delitem__, Inexact)
show("clear", flags.clear)
print(flags, flags == flags.copy(), flags == c.traps, flags == {1: 2}, flags != 5)
show("order", lambda: flags < flags)
show("hash", hash, flags)
show("list", Context, flags=[1])
show("tuple", Context, flags=(Clamped,))
show("dict", Context, traps={Clamped: True})
show("whole dict", Context, traps=dict(flags))
show("signal dict", Context, flags=c.traps)
show("condition", Context, flags=[decimal.DivisionUndefined])
show("without context", repr, type(flags)())
c.flags = dict.fromkeys(flags, True)
print(c)
c.clear_flags()
c.clear_traps()
print(c, c.Etiny(), c.Etop(), c.radix())
del c
show("context gone", repr, flags)
show("context gone", len, flags)

print("-- what is raised")
for call in [
    lambda: Decimal("x"),
    lambda: Decimal("1e1000000000000000000"),
    lambda: Decimal(1) / 0,
    lambda: Decimal(0) / 0,
    lambda: Decimal(1) % 0,
    lambda: divmod(Decimal(1), 0),
    lambda: Decimal("1e30") // 1,
    lambda: Decimal("1e999999") * 10,
    lambda: Decimal(-1).sqrt(),
    lambda: -Decimal("sNaN"),
    lambda: Decimal("NaN") < 1,
    lambda: Decimal("sNaN") == 1,
]:
    try:
        print("no error", call())
    except DecimalException as error:
        print(type(error).__name__, error.args)
loose = Context(prec=3, traps=[])
print(loose.divide(1, 0), loose.divide(0, 0), loose.create_decimal("1.2345"), loose.create_decimal("abc"))
print(loose)
strict = Context(traps=[FloatOperation, Inexact, Rounded, Subnormal, Clamped, Underflow])
show("float", strict.create_decimal, 1.5)
show("inexact", strict.divide, 1, 3)
show("tiny", strict.multiply, Decimal("1e-999999"), Decimal("1e-27"))
print(strict)
for name in "ConversionSyntax DivisionImpossible DivisionUndefined FloatOperation Overflow Underflow".split():
    print([base.__name__ for base in getattr(decimal, name).__mro__][:-3])

print("-- the current one")
ours = getcontext()
print(getcontext() is ours)
show("set", setcontext, 1)
setcontext(ExtendedContext)
print(getcontext() is ExtendedContext, getcontext())
setcontext(ours)
with localcontext() as local:
    local.prec = 5
    print(Decimal(1) / 3, getcontext() is local)
    with localcontext(Context(prec=2), rounding=ROUND_UP) as inner:
        print(Decimal(1) / 3, inner)
    print(Decimal(1) / 3)
print(Decimal(1) / 3, getcontext() is ours)
for arguments, keywords in [
    ((1,), {}), ((None, "x"), {}), ((), {"foo": 1}), ((), {"flags": [1]}), ((), {"rounding": "x"}), ((), {"Emin": 1}),
]:
    show(f"local {arguments} {keywords}", localcontext, *arguments, **keywords)
show("make a manager", type(localcontext()))
for bits in -1, 0, 16, 32, 64, 96, 128, 512, 544, "x", 10**30:
    show(f"IEEE {bits}", IEEEContext, bits)


def elsewhere():
    setcontext(Context(prec=4))
    return Decimal(2) / 3


print(contextvars.copy_context().run(elsewhere), Decimal(2) / 3)
found = []
thread = threading.Thread(target=lambda: found.append((getcontext().prec, getcontext() is ours)))
thread.start()
thread.join()
print(found)

print("-- copies")
c = Context(prec=7, rounding=ROUND_FLOOR, Emin=-9, Emax=9, capitals=0, clamp=1, flags=[Inexact], traps=[Overflow])
for made in c.copy(), copy.copy(c), pickle.loads(pickle.dumps(c)):
    print(made, made is c)
print(c.__reduce__())


class Own(Context):
    pass


own = Own(prec=3)
own.extra = own
print(own.extra.prec, type(own.copy()), own.__reduce__()[0])
gone = weakref.ref(own)
own.flags.owner = own
del own
gc.collect()
print(gone())
