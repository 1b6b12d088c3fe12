# Modules out of a zip archive, and a program as an archive.
import io, os, subprocess, sys, tempfile, zipfile
with tempfile.TemporaryDirectory() as folder:
    archive = os.path.join(folder, "lib.zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zf:
        zf.writestr("pkg/__init__.py", "NAME = __name__\n")
        zf.writestr("pkg/tool.py", "def run(): return 'from zip'\n")
        zf.writestr("__main__.py", "import sys\nfrom pkg import tool\nprint(tool.run(), len(sys.argv))\n")
    sys.path.insert(0, archive)
    import pkg.tool
    print(pkg.NAME, pkg.tool.run(), type(pkg.__loader__).__name__)
    print(subprocess.check_output([sys.executable, archive, "x"], text=True).strip())
    with zipfile.ZipFile(archive) as zf:
        print(sorted(zf.namelist()), zf.read("pkg/__init__.py"))
