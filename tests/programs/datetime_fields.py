# datetime: making, arithmetic, text, zones, pickles and errors.
import copy
import pickle
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta, timezone, tzinfo

CALLS = """date()
date(1, 2)
date(0, 1, 1)
date(2023, 2, 30)
date(2**40, 1, 1)
time(24)
time(1, tzinfo=3)
time(fold=2)
datetime(2000, 1)
timedelta('x')
timedelta(days=10**10)
timedelta(days=float('nan'))
timedelta.max + timedelta(1)
timedelta(1) // 0
timedelta(1) / 0.0
date.max + timedelta(1)
timezone(3)
timezone(timedelta(1))
timezone.utc.utcoffset(3)
timezone.utc.fromutc(datetime(1, 1, 1))
tzinfo().utcoffset(None)
date.fromordinal(0)
date.fromordinal(10**7)
date.fromisoformat('x')
date.fromisoformat(3)
datetime.fromisoformat('2020-01-01T24:00')
datetime.fromisoformat('2020-01-01T24:01')
datetime.fromisoformat('2020-W01-1T12:00:00.1234567+01:02:03.4')
datetime.fromisoformat('20200101T120000,12Z')
datetime.fromisoformat('2020-01-01T12:')
time.fromisoformat('T04:05:06.7-00:30')
date.fromisocalendar(2020, 54, 1)
date.fromisocalendar(2020, 1, 8)
date.fromisocalendar(2**70, 1, 8)
datetime.fromtimestamp(float('nan'))
datetime.combine(1, 2)
datetime(1, 1, 1).isoformat('xx')
datetime(1, 1, 1).isoformat(timespec='x')
datetime(1, 1, 1) - datetime(1, 1, 1, tzinfo=UTC)
datetime(1, 1, 1) < datetime(1, 1, 1, tzinfo=UTC)
datetime(1, 1, 1) == datetime(1, 1, 1, tzinfo=UTC)
date(1, 1, 1) < datetime(1, 1, 1)
date(1, 1, 1) - datetime(1, 1, 1)
time(1) < time(1, tzinfo=UTC)
date(1, 1, 1).replace(foo=4)
datetime(1, 1, 1).replace(tzinfo=4)
date(1, 1, 1).isocalendar()
time(b'\\x01' * 6, 3)
datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))).utctimetuple()""".split("\n")
for call in CALLS:
    try:
        print(call, "->", repr(eval(call)))
    except Exception as error:
        print(call, "!!", type(error).__name__, error)

day = date(2024, 2, 29)
moment = datetime(2024, 2, 29, 13, 5, 7, 12345, tzinfo=timezone(timedelta(hours=5, minutes=30), "IST"))
for value in (day, moment, time(1, 2, 3, 4, UTC), timedelta(-1, 2, 3), timezone(timedelta(0, 61)), day.isocalendar()):
    print(repr(value), str(value), [pickle.loads(pickle.dumps(value, protocol)) == value for protocol in range(6)], copy.copy(value) == value)
print(f"{moment:%Y %j %U %w %z %:z %Z %f %% %G-%V %C %F}", moment.ctime(), moment.timetuple())
print(day.strftime("%a %d %b"), f"{date(7, 1, 1):%Y %F}", time(4, 5).strftime("%H:%M %z%Z"))
print(moment.astimezone(UTC), moment.utcoffset(), moment.tzname(), moment.dst(), moment.timestamp())
print(moment + timedelta(days=366), moment - timedelta(weeks=1, milliseconds=1.5), day - date(2000, 1, 1))
for spec in ("auto", "hours", "minutes", "seconds", "milliseconds", "microseconds"):
    print(moment.isoformat(" ", spec), moment.timetz().isoformat(spec))
delta = timedelta(hours=36, microseconds=7)
print(delta * 1.5, delta / 7, delta // 7, delta / timedelta(hours=1), divmod(delta, timedelta(hours=5)), -delta, abs(-delta), bool(timedelta()))
print(timedelta(microseconds=0.5), timedelta(microseconds=1.5), timedelta(seconds=1e-7 * 5), timedelta(days=0.1), delta.total_seconds())
print(hash(day) == hash(date(2024, 2, 29)), hash(moment) == hash(moment.astimezone(UTC)), hash(delta) == hash(delta + timedelta()))
print([date.fromordinal(number).isoformat() for number in (1, 365, 366, 146097, 146098, 3652059)])
print([date(year, 12, 31).isocalendar()[:] for year in range(2000, 2012)], MINYEAR, MAXYEAR)
print(datetime.strptime("2024-02-29 01:02:03.5 +0130", "%Y-%m-%d %H:%M:%S.%f %z"), date.strptime("29 Feb 2024", "%d %b %Y"))


class Stamp(datetime):
    def __new__(cls, *args, **kwargs):
        made = super().__new__(cls, *args, **kwargs)
        made.extra = "extra"
        return made


stamp = Stamp(2024, 1, 2)
print(type(stamp + timedelta(1)).__name__, (stamp + timedelta(1)).extra, type(stamp.replace(day=3)).__name__, type(stamp.date()).__name__)


class Summer(tzinfo):
    def utcoffset(self, moment):
        return timedelta(hours=1) + self.dst(moment)

    def dst(self, moment):
        return timedelta(hours=1 if moment is not None and 4 <= moment.month < 11 and not moment.fold else 0)

    def tzname(self, moment):
        return "summer" if self.dst(moment) else "winter"


for month in (1, 7):
    local = datetime(2024, month, 1, 12, tzinfo=Summer())
    print(local, f"{local:%Z}", local.astimezone(UTC), datetime(2024, month, 1, 12, tzinfo=UTC).astimezone(Summer()))
print(datetime(2024, 7, 1, tzinfo=Summer()) == datetime(2024, 7, 1, tzinfo=Summer()), datetime(2024, 7, 1, tzinfo=Summer()) == datetime(2024, 6, 30, 22, tzinfo=UTC))
