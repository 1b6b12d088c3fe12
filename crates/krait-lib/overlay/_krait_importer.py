"""The importer of the standard library that lies inside the binary.

It serves one folder, which need not exist: the one that holds the library of
an installed Python.  Modules from there have files, sources and data by the
names that they would have on the disk.  Modules that really are there on the
disk come first.
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
        self._names = ()
        self._mtime = None
        self._disk_finder = None

    def _disk(self):
        """The finder of what is on the disk in this folder, and the names there."""
        try:
            mtime = _external._path_stat(self.path).st_mtime
        except OSError:
            mtime = None
        if mtime != self._mtime:
            self._mtime = mtime
            self._names = frozenset(_library.list_disk(self.path))
            if self._names and self._disk_finder is None:
                self._disk_finder = _external.FileFinder(
                    self.path, *_external._get_supported_file_loaders())
        return self._disk_finder, self._names

    def _is_on_disk(self, tail, inner, names):
        if tail in names:
            if not _library.is_dir(inner):
                return True
            if '__init__.py' in _library.list_disk(f'{self.path}/{tail}'):
                return True
        endings = ['.py', '.pyc', *_external.EXTENSION_SUFFIXES]
        return any(tail + ending in names for ending in endings)

    def find_spec(self, fullname, target=None):
        tail = fullname.rpartition('.')[2]
        if not tail:
            return None
        inner = _join(self._folder, tail)
        finder, names = self._disk()
        if names and self._is_on_disk(tail, inner, names):
            return finder.find_spec(fullname, target)
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
        """Look at the disk again."""
        self._mtime = None
        if self._disk_finder is not None:
            self._disk_finder.invalidate_caches()

    def iter_modules(self, prefix=''):
        """What pkgutil shows: names and whether they are packages."""
        finder, names = self._disk()
        if names:
            # Lists what is on the disk and what is in the library.
            import pkgutil
            yield from pkgutil.iter_importer_modules(finder, prefix)
            return
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
