# A resource that the last collection frees is still warned of, although the modules are gone.
import io
import os
import tempfile
import warnings

warnings.simplefilter("always")
descriptor, path = tempfile.mkstemp()
os.unlink(path)
os.dup2(descriptor, 100)
os.close(descriptor)


def keeps_the_globals():
    pass


file = io.FileIO(100)
method = file.read
