"""cProfile and _lsprof: what is counted, by a timer that makes the times the same everywhere."""
import _lsprof
import cProfile
import io
import pstats
import sys


def attempt(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def name(code):
    return code if isinstance(code, str) else code.co_qualname


def show(profiler):
    for entry in sorted(profiler.getstats(), key=lambda entry: name(entry.code)):
        calls = entry.calls and sorted(
            (name(call.code), call.callcount, call.reccallcount, call.totaltime, call.inlinetime)
            for call in entry.calls)
        print(' ', name(entry.code), *entry[1:5], calls)


ticks = 0


def ticking():
    global ticks
    ticks += 1
    return ticks


def count(n):
    if n:
        count(n - 1)
        natives()


def natives():
    return max(1, 2), [].append(1), str.upper('a'), ''.join('b'), {}.get(1)


def numbers():
    yield len('a')
    try:
        yield 2
    except KeyError:
        yield 3


class Meeting:
    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        return True


def failing():
    with Meeting():
        raise ValueError(int('1'))
    try:
        int('x')
    except ValueError:
        pass


def main():
    for arguments in ((ticking,), (ticking, 0.5), (ticking, 0.25, False), (ticking, 1, True, False)):
        profiler = _lsprof.Profiler(*arguments)
        profiler.enable(*arguments[2:])
        count(2)
        profiler.disable()
        print(arguments[1:])
        show(profiler)
    profiler = _lsprof.Profiler(ticking, 1)
    profiler.enable()
    generator = numbers()
    print(next(generator), next(generator), generator.throw(KeyError), list(generator))
    failing()
    profiler.disable()
    show(profiler)
    profiler.clear()
    print(profiler.getstats())

    print(attempt(_lsprof.Profiler, timeunit='long'), attempt(_lsprof.Profiler, 1, 2, 3, 4, 5))
    first, second = _lsprof.Profiler(), _lsprof.Profiler()
    first.enable()
    print(attempt(second.enable), sys.monitoring.get_tool(sys.monitoring.PROFILER_ID))
    first.disable()
    print(sys.monitoring.get_tool(sys.monitoring.PROFILER_ID), first.disable())

    def meddling():
        nonlocal told
        told = [attempt(third.disable), attempt(third.clear)]
        return 0

    told = None
    third = _lsprof.Profiler(meddling)
    third.enable()
    natives()
    third.disable()
    print(told)

    unraised = []
    sys.unraisablehook = lambda args: unraised.append((args.err_msg.split(' at ')[0], repr(args.exc_value)))
    for timer, unit in ((lambda: 'now', 0), (lambda: 1.5, 1), (lambda: 2**70, 1), (lambda: 1 / 0, 0)):
        unraised.clear()
        fourth = _lsprof.Profiler(timer, unit)
        fourth.enable()
        fourth.disable()
        print(len(unraised), unraised[0])

    with cProfile.Profile() as profile:
        count(3)
    text = io.StringIO()
    stats = pstats.Stats(profile, stream=text)
    stats.strip_dirs().sort_stats('ncalls', 'name').print_stats()
    for line in text.getvalue().splitlines():
        fields = line.split()
        if len(fields) == 6 or 'function calls' in line:
            print(fields[0], fields[-1].partition(':')[0] if '.py' in fields[-1] else fields[-1])
    print(sorted(key[2] for key in stats.stats))
    print(cProfile.Profile().runcall(pow, 2, 5))
    print(attempt(_lsprof.profiler_entry, (1, 2, 3, 4, 5, 6)))


main()
