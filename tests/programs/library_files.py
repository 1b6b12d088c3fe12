# The library's files can be listed, asked about and read at their paths.
import ast
import glob
import json
import linecache
import os
import pathlib
import shutil
import stat
import tempfile
import tokenize

folder = os.path.dirname(os.__file__)
print(os.path.isfile(os.__file__), os.path.isdir(os.__file__), os.path.exists(os.__file__))
print(os.path.isdir(folder), os.path.isfile(folder), os.path.lexists(folder), os.path.islink(folder))
print(os.path.isdir(os.path.join(folder, "json", "")), os.path.isfile(os.path.join(folder, "json", "..", "os.py")))
print(os.path.exists(os.path.join(folder, "no_such_module.py")))

names = os.listdir(folder)
print(len(names) > 150, {"os.py", "json", "encodings", "collections"} <= set(names), len(names) == len(set(names)))
print("decoder.py" in os.listdir(os.path.dirname(json.__file__)))
print(b"os.py" in os.listdir(os.fsencode(folder)))
print("python3.14" in os.listdir(os.path.dirname(folder)))

with open(os.__file__, encoding="utf-8") as file:
    text = file.read()
    print(repr(text.splitlines()[0]), file.readable(), file.writable(), file.seekable())
    state = os.fstat(file.fileno())
    print(stat.S_ISREG(state.st_mode), state.st_size == os.stat(os.__file__).st_size == len(text.encode()))
    file.seek(0)
    print(file.readline() == text.splitlines(keepends=True)[0])
print(ast.get_docstring(ast.parse(text)).startswith("OS routines for"))
with open(os.__file__, "rb", buffering=0) as file:
    print(file.read() == text.encode())
with tokenize.open(json.__file__) as file:
    print(file.encoding)
relative = os.path.relpath(os.__file__)
print(os.path.isabs(relative), os.path.isfile(relative), pathlib.Path(relative).read_text("utf-8") == text)
print(linecache.getline(os.__file__, 1) == text.splitlines(keepends=True)[0])

with os.scandir(folder) as entries:
    found = {entry.name: entry for entry in entries}
entry = found["os.py"]
print(entry, entry.is_file(), entry.is_dir(), entry.is_symlink(), entry.path == os.__file__)
print(entry.stat().st_size == os.stat(os.__file__).st_size, entry.inode() == os.stat(os.__file__).st_ino)
print(found["json"].is_dir(), found["json"].is_file(), found["json"].stat().st_nlink > 0)

print(os.access(os.__file__, os.R_OK), os.access(os.__file__, os.F_OK), os.access(folder, os.R_OK | os.X_OK))
print(os.access(os.path.join(folder, "no_such_module.py"), os.F_OK))
print(os.path.samefile(os.__file__, os.path.join(folder, ".", "os.py")), os.path.samefile(os.__file__, folder))
print(os.path.realpath(json.__file__, strict=True) == os.path.realpath(json.__file__))
print([os.path.basename(name) for name in sorted(glob.glob(os.path.join(folder, "json", "[ds]*.py")))])
print(any("decoder.py" in files for _, _, files in os.walk(os.path.join(folder, "json"))))
print((pathlib.Path(folder) / "json" / "__init__.py").is_file())

for function, path in [
    (open, folder),
    (open, os.path.join(folder, "no_such_module.py")),
    (os.listdir, os.__file__),
    (os.listdir, os.path.join(folder, "no_such_folder")),
    (os.readlink, os.__file__),
]:
    try:
        function(path)
    except OSError as error:
        print(type(error).__name__, error.strerror, error.filename == path)
try:
    os.open(os.__file__, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
except OSError as error:
    print(type(error).__name__)

with tempfile.TemporaryDirectory() as target:
    copy = shutil.copy2(os.__file__, target)
    print(os.path.basename(copy), os.path.getsize(copy) == os.path.getsize(os.__file__))
    shutil.copytree(os.path.dirname(json.__file__), os.path.join(target, "json"),
                    ignore=shutil.ignore_patterns("__pycache__"))
    print(sorted(os.listdir(os.path.join(target, "json"))))
