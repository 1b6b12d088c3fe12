"""Runs each named test module several times and tells whether the process grows from run to run.

Usage: leaks.py SUITE RUNS MODULE…    SUITE is the folder that holds the package `test`.

The first runs fill caches and are not counted. A module leaks when every counted run leaves more
memory blocks (or more objects that the collector tracks) behind than the one before.
"""

import array
import gc
import io
import sys
import unittest

WARM_UP = 3


def clear_caches():
    """Empties the caches of modules that the test may have filled."""
    for module, function in (
        ("re", "purge"),
        ("linecache", "clearcache"),
        ("fnmatch", "purge"),
        ("functools", "_clear"),
        ("struct", "_clearcache"),
        ("urllib.parse", "clear_cache"),
    ):
        function = getattr(sys.modules.get(module), function, None)
        if function is not None:
            function()
    for clear in getattr(sys.modules.get("typing"), "_cleanups", ()):
        clear()
    if "abc" in sys.modules:
        abc = sys.modules["abc"]
        for base in vars(sys.modules.get("collections.abc", abc)).values():
            if isinstance(base, abc.ABCMeta):
                abc._reset_caches(base)
    sys._clear_internal_caches()
    gc.collect()


def run_once(name):
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    result = unittest.TextTestRunner(stream=io.StringIO(), verbosity=0).run(suite)
    return result.testsRun, len(result.failures) + len(result.errors)


def check(name, runs):
    # What is noted must not itself take blocks.
    blocks, objects = (array.array("q", bytes(8 * (WARM_UP + runs))) for _ in range(2))
    for index in range(WARM_UP + runs):
        tests, failed = run_once(name)
        clear_caches()
        blocks[index] = sys.getallocatedblocks()
        objects[index] = len(gc.get_objects())
    blocks, objects = (
        [after - before for before, after in zip(column[WARM_UP - 1:], column[WARM_UP:])]
        for column in (blocks, objects)
    )
    leaks = any(all(delta > 0 for delta in column) for column in (blocks, objects))
    print(
        f"{name}: {tests} tests, {failed} failed; blocks {blocks}, objects {objects}"
        f"{' LEAK' if leaks else ''}",
        flush=True,
    )
    return leaks


def main():
    suite, runs, *names = sys.argv[1:]
    sys.path.insert(0, suite)
    leaking = [name for name in names if check(f"test.{name}", int(runs))]
    if leaking:
        sys.exit(f"leaking: {' '.join(leaking)}")


main()
