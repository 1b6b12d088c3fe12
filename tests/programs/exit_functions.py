"""Exit functions: run whatever became of the module, and reported when they raise."""
import atexit
import sys


def report(args):
    print(args.err_msg.split(' at ')[0], repr(args.exc_value))


def fail():
    raise ValueError('at the end')


sys.unraisablehook = report
atexit.register(fail)
atexit._run_exitfuncs()
first = sys.modules.pop('atexit')
import atexit as second
print(first is second)
first.register(print, 'last')
second.register(print, 'first')
del sys.modules['atexit']
