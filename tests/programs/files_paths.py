# pathlib and os over a small tree.
import os, pathlib, shutil, tempfile
with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(folder)
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "one.txt").write_text("1")
    (root / "a" / "b" / "two.py").write_text("print(2)\n")
    print(sorted(p.relative_to(root).as_posix() for p in root.rglob("*")))
    print([p.name for p in root.glob("**/*.py")], (root / "a/one.txt").read_text(), (root / "x").exists())
    for base, dirs, files in os.walk(root):
        print(os.path.relpath(base, root), sorted(dirs), sorted(files))
    (root / "a" / "one.txt").rename(root / "uno.txt")
    shutil.copy(root / "uno.txt", root / "copy.txt")
    print(sorted(os.listdir(root)), (root / "uno.txt").stat().st_size, os.path.isdir(root / "a"))
    shutil.rmtree(root / "a")
    print(sorted(p.name for p in root.iterdir()))
path = pathlib.PurePosixPath("/usr/lib/python3.14/os.py")
print(path.name, path.stem, path.suffix, path.parent, path.parts[:3], path.with_suffix(".txt"), path.is_absolute())
print(os.path.join("a", "/b", "c"), os.path.splitext("x.tar.gz"), os.path.normpath("a/../b//c"), os.path.basename("/x/y"))
