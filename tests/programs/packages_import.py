# A package on disk: relative imports, __init__, __all__, submodules, reload, errors.
import importlib, os, sys, tempfile, textwrap
with tempfile.TemporaryDirectory() as folder:
    def write(name, text):
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(textwrap.dedent(text))
    write("shop/__init__.py", "from .prices import price\n__all__ = ['price', 'VERSION']\nVERSION = '1.0'\n")
    write("shop/prices.py", "from . import data\nfrom .sub.deep import TAX\ndef price(x): return data.BASE[x] * TAX\n")
    write("shop/data.py", "BASE = {'tea': 2}\n")
    write("shop/sub/__init__.py", "")
    write("shop/sub/deep.py", "from ..data import BASE\nTAX = 1.5\n")
    write("broken.py", "x = (\n")
    write("circular_a.py", "import circular_b\nvalue = 1\n")
    write("circular_b.py", "from circular_a import value\n")
    write("space/one/thing.py", "NAME = __name__\n")
    sys.path.insert(0, folder)
    import shop
    import shop.sub.deep as deep
    from shop import *
    print(shop.price("tea"), deep.TAX, VERSION, shop.__name__, shop.sub.__package__, os.path.basename(shop.__file__))
    print(sorted(name for name in sys.modules if name.startswith("shop")))
    import space.one.thing
    print(space.one.thing.NAME, list(space.__path__)[0] == os.path.join(folder, "space"))
    write("shop/data.py", "BASE = {'tea': 20}  # changed\n")
    importlib.reload(shop.data)
    print(shop.price("tea"), importlib.import_module("shop.sub").__name__)
    for name in ["nothing", "shop.nothing", "broken", "circular_a"]:
        try:
            __import__(name)
        except (ImportError, SyntaxError) as error:
            print(type(error).__name__, str(error).replace(folder, "DIR"))
    try:
        from shop import nope
    except ImportError as error:
        print(str(error).replace(folder, "DIR"))
    print(os.path.isdir(os.path.join(folder, "shop", "__pycache__")) or sys.dont_write_bytecode)
