"""What a module that cannot be loaded raises."""
import importlib.machinery
import importlib.util

import errors

path = errors.__file__


def load(name, path=path):
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    try:
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        print(name, type(module).__name__)
    except BaseException as error:
        shown = str(error).replace(path, "PATH")
        cause = f" <- {error.__cause__!r}" if error.__cause__ else ""
        extra = f" name={error.name} path={error.path == path}" if isinstance(error, ImportError) else ""
        print(f"{name}: {type(error).__name__}: {shown}{cause}{extra}")


print(errors.__name__)
for name in "raises nothing both missing pack.age.missing execraises execnothing execboth createint createnull createtwice badslot intexec caf\xe9".split():
    load(name)
load("errors")
load("absent", "/nonexistent/absent.so")
