"""syslog, and the limits of the system's resources."""
import resource
import sys
import syslog


def attempt(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


events = []
wanted = True


def hook(event, args):
    if wanted and event.startswith('syslog'):
        events.append((event, args))


sys.addaudithook(hook)
print(syslog.LOG_MASK(syslog.LOG_ERR), syslog.LOG_UPTO(syslog.LOG_DEBUG), syslog.LOG_LOCAL7)
syslog.syslog('a message of a test')
syslog.syslog(syslog.LOG_DEBUG, 'another one')
print(syslog.closelog(), syslog.closelog())
syslog.openlog('krait')
syslog.openlog('krait', syslog.LOG_NDELAY)
syslog.openlog(ident='krait', logoption=syslog.LOG_NDELAY, facility=syslog.LOG_USER)
mask = syslog.setlogmask(syslog.LOG_UPTO(syslog.LOG_ERR))
print(mask, syslog.setlogmask(mask))
syslog.closelog()
for args in ((), (1, 2, 3), (1,), ('a', 'b'), (1, 2), ('a\0b',)):
    print(attempt(syslog.syslog, *args))
for args in ((1,), ('a', 'b'), ('a', 1, 2, 3), ('a\0b',)):
    print(attempt(syslog.openlog, *args))
print(attempt(syslog.setlogmask), attempt(syslog.LOG_MASK, 'x'), attempt(syslog.LOG_UPTO, 40))
wanted = False
syslog.closelog()
for event in events:
    print(event)

kind = resource.RLIMIT_CORE
soft, hard = resource.getrlimit(kind)
for value in (-5, -2**63, -2**70, 2**64, 1.5, 'a', None):
    print(attempt(resource.setrlimit, kind, (value, hard)))
    print(attempt(resource.setrlimit, kind, (0, value)))
for limits in (5, (1,), (1, 2, 3)):
    print(attempt(resource.setrlimit, kind, limits), attempt(resource.prlimit, 0, kind, limits))
resource.setrlimit(kind, iter((0, hard)))
print(resource.getrlimit(kind) == (0, hard))
if hard == resource.RLIM_INFINITY:
    resource.setrlimit(kind, [2**63 + 1, hard])
    print(resource.getrlimit(kind)[0] == 2**63 + 1)
else:
    print(True)
print(attempt(resource.getrlimit, 99), attempt(resource.getrlimit, 2**70))
