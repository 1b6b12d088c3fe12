# Decorators with and without arguments, on functions and classes.
import functools
def log(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        print(f"{function.__name__}{args} -> {result}")
        return result
    return wrapper
def repeat(times):
    def decorate(function):
        def wrapper(*args):
            return [function(*args) for _ in range(times)]
        return wrapper
    return decorate
@log
def add(a, b):
    "Adds."
    return a + b
@repeat(3)
@log
def double(x):
    return x * 2
add(1, 2)
print(double(4), add.__name__, add.__doc__, add.__wrapped__(5, 6))
@functools.lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(80), fib.cache_info())
def register(cls):
    cls.registered = True
    return cls
@register
class Thing: pass
print(Thing.registered)
