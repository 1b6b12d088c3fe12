# What a program learns of where it runs.
import os, platform, sys
print(sys.version_info[:2], sys.implementation.name, sys.implementation.cache_tag, sys.byteorder, sys.maxsize == 2**63 - 1)
print(platform.python_implementation(), platform.system(), os.name, os.sep, os.linesep == "\n", sys.platform)
os.environ["KRAIT_TEST"] = "yes"
print(os.environ["KRAIT_TEST"], os.getenv("NOT_SET_ANYWHERE", "default"), os.environ.get("KRAIT_TEST"))
del os.environ["KRAIT_TEST"]
print("KRAIT_TEST" in os.environ, sys.argv, len(sys.path) > 1, callable(sys.exit))
print(sys.getdefaultencoding(), sys.getfilesystemencoding(), sys.float_info.max > 1e308, sys.int_info.bits_per_digit)
print(os.getcwd() == os.path.dirname(os.path.abspath(__file__)), os.getpid() > 0, sys.flags.optimize, sys.hexversion >= 0x030E0000)
print(sys.stdin.isatty(), sys.stdout.encoding, sys.getsizeof([]) > 0, sys.intern("a") is sys.intern("a"))
