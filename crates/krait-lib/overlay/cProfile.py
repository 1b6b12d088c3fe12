"""The deterministic profiler in native code, with the interface of `profile`."""

__all__ = ["run", "runctx", "Profile"]

import _lsprof
import importlib.machinery
import importlib.util
import io
import marshal
import profile as _pyprofile
import pstats
import sys


def run(statement, filename=None, sort=-1):
    return _pyprofile._Utils(Profile).run(statement, filename, sort)


def runctx(statement, globals, locals, filename=None, sort=-1):
    return _pyprofile._Utils(Profile).runctx(statement, globals, locals, filename, sort)


run.__doc__ = _pyprofile.run.__doc__
runctx.__doc__ = _pyprofile.runctx.__doc__


def label(code):
    """The key of a function in the statistics."""
    if isinstance(code, str):
        return ('~', 0, code)
    return (code.co_filename, code.co_firstlineno, code.co_name)


class Profile(_lsprof.Profiler):
    """Profile(timer=None, timeunit=None, subcalls=True, builtins=True)

    Collects the calls between enable() and disable(), for pstats to show.
    """

    def print_stats(self, sort=-1):
        keys = sort if isinstance(sort, tuple) else (sort,)
        pstats.Stats(self).strip_dirs().sort_stats(*keys).print_stats()

    def dump_stats(self, file):
        self.create_stats()
        with open(file, 'wb') as out:
            marshal.dump(self.stats, out)

    def create_stats(self):
        self.disable()
        self.snapshot_stats()

    def snapshot_stats(self):
        entries = self.getstats()
        self.stats = {}
        callers_of = {}
        for entry in entries:
            callers = callers_of[id(entry.code)] = {}
            self.stats[label(entry.code)] = (
                entry.callcount - entry.reccallcount, entry.callcount,
                entry.inlinetime, entry.totaltime, callers)
        for entry in entries:
            caller = label(entry.code)
            for call in entry.calls or ():
                callers = callers_of.get(id(call.code))
                if callers is None:
                    continue
                new = (call.callcount, call.callcount - call.reccallcount,
                       call.inlinetime, call.totaltime)
                old = callers.get(caller)
                if old is not None:
                    new = tuple(a + b for a, b in zip(old, new))
                callers[caller] = new

    def run(self, cmd):
        import __main__
        return self.runctx(cmd, __main__.__dict__, __main__.__dict__)

    def runctx(self, cmd, globals, locals):
        self.enable()
        try:
            exec(cmd, globals, locals)
        finally:
            self.disable()
        return self

    def runcall(self, func, /, *args, **kw):
        self.enable()
        try:
            return func(*args, **kw)
        finally:
            self.disable()

    def __enter__(self):
        self.enable()
        return self

    def __exit__(self, *exc_info):
        self.disable()


def main():
    import os
    from optparse import OptionParser
    usage = "cProfile.py [-o output_file_path] [-s sort] [-m module | scriptfile] [arg] ..."
    parser = OptionParser(usage=usage)
    parser.allow_interspersed_args = False
    parser.add_option('-o', '--outfile', dest="outfile",
                      help="Save stats to <outfile>", default=None)
    parser.add_option('-s', '--sort', dest="sort",
                      help="Sort order when printing to stdout, based on pstats.Stats class",
                      default=2, choices=sorted(pstats.Stats.sort_arg_dict_default))
    parser.add_option('-m', dest="module", action="store_true",
                      help="Profile a library module", default=False)
    if not sys.argv[1:]:
        parser.print_usage()
        sys.exit(2)
    options, args = parser.parse_args()
    sys.argv[:] = args
    # The program may change the directory before the statistics are written.
    if options.outfile is not None:
        options.outfile = os.path.abspath(options.outfile)
    if not args:
        parser.print_usage()
        return parser
    if options.module:
        import runpy
        code = "run_module(modname, run_name='__main__')"
        globs = {'run_module': runpy.run_module, 'modname': args[0]}
    else:
        progname = args[0]
        sys.path.insert(0, os.path.dirname(progname))
        with io.open_code(progname) as script:
            code = compile(script.read(), progname, 'exec')
        spec = importlib.machinery.ModuleSpec(name='__main__', loader=None, origin=progname)
        module = importlib.util.module_from_spec(spec)
        globs = module.__dict__
        # Without a spec, multiprocessing takes the program for the script that it is.
        globs.update(__spec__=None, __file__=spec.origin, __name__='__main__',
                     __package__=None, __cached__=None)
        sys.modules['__main__'] = module
    try:
        runctx(code, globs, None, options.outfile, options.sort)
    except BrokenPipeError as exc:
        sys.stdout = None
        sys.exit(exc.errno)
    return parser


if __name__ == '__main__':
    main()
