"""What a child has of its parent's threads, thread-local objects, and threads at the program's end."""
import _imp
import _thread
import gc
import os
import subprocess
import sys
import textwrap
import threading
import time
import types
import warnings
import weakref

warnings.simplefilter('ignore', DeprecationWarning)


def attempt(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def in_child(function):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            function()
            sys.stdout.flush()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def states():
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait, daemon=n % 2) for n in range(4)]
    for thread in threads:
        thread.start()

    def look():
        print([thread.is_alive() for thread in threads], threading.active_count())
        print(len(sys._current_frames()), [thread.join() for thread in threads])

    in_child(look)
    print([thread.is_alive() for thread in threads], len(sys._current_frames()))
    stop.set()
    for thread in threads:
        thread.join()


def from_thread():
    main = threading.main_thread()

    def look():
        print(threading.current_thread() is threading.main_thread(), main.is_alive())
        print(threading.main_thread().name, main.join())

    thread = threading.Thread(target=in_child, args=(look,), name='forker')
    thread.start()
    thread.join()
    print(threading.main_thread() is main, main.is_alive())


def imports():
    partial, complete = types.ModuleType('half_done'), types.ModuleType('done')
    started = threading.Event()

    def importer():
        _imp.acquire_lock()
        sys.modules['half_done'] = partial
        started.set()
        time.sleep(0.05)
        sys.modules['half_done'] = complete
        _imp.release_lock()

    thread = threading.Thread(target=importer)
    thread.start()
    started.wait()
    in_child(lambda: print(__import__('half_done').__name__, _imp.lock_held()))
    thread.join()
    _imp.acquire_lock()
    in_child(lambda: print(_imp.lock_held(), _imp.release_lock(), _imp.lock_held()))
    print(_imp.lock_held(), _imp.release_lock(), attempt(_imp.release_lock))


class Local(threading.local):
    attr = 1

    def __init__(self, value=0):
        self.value = value


class Token:
    pass


class EqualToAll:
    def __eq__(self, other):
        return True


def locals_of_threads():
    local, seen = Local(5), []

    def use():
        seen.append((local.value, local.attr))
        local.token = token = Token()
        seen.append(sorted(local.__dict__))
        references.append(weakref.ref(token))

    references = []
    for _ in range(2):
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
    print(seen, [reference() for reference in references], sorted(local.__dict__))
    token = Token()
    cycle = Local()
    cycle.token, token.local = token, cycle
    reference = weakref.ref(token)
    del token, cycle
    gc.collect()
    print(reference())
    print(attempt(local.__setattr__, EqualToAll(), 2).split(' <')[0], attempt(local.__setattr__, 5, 2))
    print(local.__getattribute__(EqualToAll()), attempt(local.__delattr__, 'nothing'))


def names():
    for name in ('short', 'namé€', 'embed\0null', 'x' * 20, 'x' * 14 + 'é', 'a\udcffb', ''):
        _thread.set_name(name)
        print(ascii(_thread._get_name()), end=' ')
    print(attempt(_thread.set_name, 5))


def small_stacks():
    def nest(depth):
        return depth and nest(depth - 1) + 1

    results = []
    for size in (65536, 262144, 1 << 20):
        threading.stack_size(size)
        thread = threading.Thread(target=lambda: results.append((threading.stack_size(), nest(40), repr([[]]))))
        thread.start()
        thread.join()
    print(threading.stack_size(0), results)


def run(program):
    done = subprocess.run([sys.executable, '-c', textwrap.dedent(program)], capture_output=True, text=True)
    print(done.returncode, done.stdout.split(), done.stderr.splitlines()[-1:])


def at_the_end():
    run('''
        import threading
        def loop():
            while True:
                pass
        class Cycle:
            def __init__(self):
                self.me = self
                self.thread = threading.Thread(target=loop, daemon=True)
                self.thread.start()
            def __del__(self):
                try:
                    print(self.thread.is_alive())
                    self.thread.join()
                except PythonFinalizationError as error:
                    print(str(error).replace(' ', '-'))
        Cycle()
        ''')
    run('''
        import os, threading, time
        lock = threading.Lock()
        lock.acquire()
        def wait():
            try:
                lock.acquire()
            finally:
                os._exit(2)
        threading.Thread(target=wait, daemon=True).start()
        time.sleep(0.05)
        class Late:
            def __del__(self):
                lock.release()
                time.sleep(0.1)
                print('late')
        late = Late()
        ''')
    run('''
        import _thread
        class Late:
            def __del__(self):
                _thread.interrupt_main()
        late = Late()
        ''')
    run('''
        import os
        class Late:
            def __del__(self):
                for fork in (os.fork, os.forkpty):
                    try:
                        fork()
                    except PythonFinalizationError as error:
                        print(str(error).replace(' ', '-'))
        late = Late()
        ''')
    run('''
        import sys, threading
        def fail():
            raise LookupError('shown all the same')
        thread = threading.Thread(target=fail)
        sys.stderr = None
        thread.start()
        thread.join()
        ''')
    run('''
        import _thread
        class Shown:
            def __call__(self):
                raise LookupError('the first')
            def __repr__(self):
                try:
                    {}['x']
                except KeyError:
                    pass
                return next(iter(['shown']))
        import time
        _thread.start_new_thread(Shown(), ())
        time.sleep(0.1)
        ''')


for step in (states, from_thread, imports, locals_of_threads, names, small_stacks, at_the_end):
    print(step.__name__)
    step()
