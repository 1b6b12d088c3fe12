"""The importer of the standard library that lies inside the binary.

It serves one folder, which need not exist: the one that holds the library of
an installed Python.  Modules from there have files, sources and data by the
names that they would have on the disk.
"""

# This runs before anything can be imported from the library.
import _frozen_importlib as _bootstrap
import _frozen_importlib_external as _external
import _krait_library as _library
import sys

_root = None


def _inner(path):
    """The path within the library; None for a path that is elsewhere."""
    if path == _root:
        return ''
    prefix = _root + '/'
    return path[len(prefix):] if path.startswith(prefix) else None


def _join(folder, name):
    return f'{folder}/{name}' if folder else name


class LibraryLoader(_external.SourceFileLoader):
    """Loads modules of the library; their code is compiled already."""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        inner = _inner(path)
        if inner is None or not _library.is_file(inner):
            return super().get_code(fullname)
        return _library.get_code(inner, path)

    def get_data(self, path):
        inner = _inner(path)
        if inner is None or not _library.is_file(inner):
            return super().get_data(path)
        return _library.get_data(inner)

    def path_stats(self, path):
        inner = _inner(path)
        if inner is None or not _library.is_file(inner):
            return super().path_stats(path)
        return {'mtime': 0, 'size': _library.get_size(inner)}

    def set_data(self, path, data, *, _mode=0o666):
        """There is nothing to cache: the code is compiled already."""

    def get_resource_reader(self, name=None):
        from _krait_resources import LibraryReader
        folder = _inner(self.path.rpartition('/')[0])
        return LibraryReader(folder, _root)


class LibraryFinder:
    """Finds modules in one folder of the library."""

    def __init__(self, path, folder):
        self.path = path
        self._folder = folder

    def find_spec(self, fullname, target=None):
        tail = fullname.rpartition('.')[2]
        inner = _join(self._folder, tail)
        path = f'{self.path}/{tail}'
        if _library.is_file(f'{inner}/__init__.py'):
            file, locations = f'{path}/__init__.py', [path]
        elif _library.is_file(f'{inner}.py'):
            file, locations = f'{path}.py', None
        elif _library.is_dir(inner):
            spec = _bootstrap.ModuleSpec(fullname, None)
            spec.submodule_search_locations = [path]
            return spec
        else:
            return None
        return _external.spec_from_file_location(
            fullname, file, loader=LibraryLoader(fullname, file),
            submodule_search_locations=locations)

    def invalidate_caches(self):
        """Nothing changes, so nothing is cached."""

    def iter_modules(self, prefix=''):
        """What pkgutil shows: names and whether they are packages."""
        for name, is_file in _library.list_dir(self._folder):
            if is_file:
                stem, dot, ending = name.rpartition('.')
                if ending == 'py' and stem != '__init__' and '.' not in stem:
                    yield prefix + stem, False
            elif _library.is_file(_join(self._folder, f'{name}/__init__.py')):
                yield prefix + name, True

    def __repr__(self):
        return f'{type(self).__name__}({self.path!r})'


def path_hook(path):
    """The hook for sys.path_hooks: folders of the library have a finder."""
    inner = _inner(path) if isinstance(path, str) else None
    if inner is None or not _library.is_dir(inner):
        raise ImportError('not a folder of the library', path=path)
    return LibraryFinder(path, inner)


def install(root):
    """Serve the library under this path."""
    global _root
    _root = root
    sys.path_hooks.insert(0, path_hook)
