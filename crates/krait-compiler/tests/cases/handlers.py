def f(path):
    try:
        with open(path) as file, lock:
            return file.read()
    except (OSError, ValueError) as error:
        raise RuntimeError from error
    except KeyError:
        pass
    else:
        print('else')
    finally:
        done()

def g():
    try:
        a
    except* TypeError as e:
        b
    except* ValueError:
        c
    while 1:
        try:
            break
        finally:
            d
