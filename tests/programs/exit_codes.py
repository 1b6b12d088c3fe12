# atexit, nested exits, exit with a message.
import atexit, sys
atexit.register(print, "goodbye", "cruel", sep=" / ")
@atexit.register
def last(): print("registered last, runs first")
try:
    sys.exit(5)
except SystemExit as stop:
    print("caught", stop.code)
sys.stdout.write("before\n")
sys.exit("fatal: something went wrong")
