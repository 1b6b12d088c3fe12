# Parameters of every kind and the errors of wrong calls.
def f(a, b=2, /, c=3, *args, d, e=5, **kwargs):
    return a, b, c, args, d, e, kwargs
print(f(1, d=4), f(1, 2, 3, 4, 5, d=6, z=7), f(1, d=0, a=9))
for call in ("f()", "f(1)", "f(1, b=2, d=3)", "f(1, d=2, d=3)", "f(1, 2, c=3, d=4, c=5)"):
    try:
        print(eval(call))
    except (TypeError, SyntaxError) as error:
        print(type(error).__name__, error)
def defaults(item, bucket=[]):
    bucket.append(item)
    return bucket
defaults(1)
print(defaults(2), defaults.__defaults__, f.__kwdefaults__, (lambda *, k=1: k)())
def g(x: int, *, y: "str" = "") -> float: "Doc of g."
print(g.__annotations__, g.__doc__, g.__name__, g.__qualname__)
try:
    g()
except TypeError as error:
    print(error)
try:
    len(1, 2)
except TypeError as error:
    print(error)
