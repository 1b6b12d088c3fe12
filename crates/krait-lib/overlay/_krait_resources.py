"""The library's files as importlib.resources sees them."""

import io
import itertools
import _krait_library
from importlib.resources.abc import Traversable, TraversableResources


class LibraryPath(Traversable):
    """A file or folder of the library inside the binary."""

    def __init__(self, inner, root):
        self._inner = inner
        self._root = root

    @property
    def name(self):
        return (self._inner or self._root).rpartition('/')[2]

    def is_file(self):
        return _krait_library.is_file(self._inner)

    def is_dir(self):
        return _krait_library.is_dir(self._inner)

    def iterdir(self):
        if not self.is_dir():
            raise NotADirectoryError(str(self))
        for name, _ in _krait_library.list_dir(self._inner):
            yield self._child(name)

    def _child(self, name):
        inner = f'{self._inner}/{name}' if self._inner else name
        return type(self)(inner, self._root)

    def joinpath(self, *descendants):
        parts = itertools.chain.from_iterable(
            str(path).split('/') for path in descendants)
        here = self
        for part in parts:
            if part and part != '.':
                here = here._child(part)
        return here

    __truediv__ = joinpath

    def read_bytes(self):
        if self.is_dir():
            raise IsADirectoryError(str(self))
        return _krait_library.get_data(self._inner)

    def read_text(self, encoding=None, errors=None):
        with self.open('r', encoding=encoding, errors=errors) as file:
            return file.read()

    def open(self, mode='r', *args, **kwargs):
        if mode not in ('r', 'rb'):
            raise ValueError(f'mode {mode!r} is not one of reading')
        data = io.BytesIO(self.read_bytes())
        if 'b' in mode:
            return data
        return io.TextIOWrapper(data, *args, **kwargs)

    def __str__(self):
        return f'{self._root}/{self._inner}'

    def __repr__(self):
        return f'{type(self).__name__}({str(self)!r})'


class LibraryReader(TraversableResources):
    """The resources of a package of the library."""

    def __init__(self, folder, root):
        self._folder = folder
        self._root = root

    def files(self):
        return LibraryPath(self._folder, self._root)
