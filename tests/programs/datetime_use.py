# Dates, times, differences, formatting.
from datetime import date, datetime, time, timedelta, timezone
day = date(2024, 2, 28)
print(day + timedelta(days=2), day.weekday(), day.isoformat(), day.strftime("%d/%m/%Y %A"), day.isocalendar())
moment = datetime(2024, 12, 31, 23, 59, 58, 123456, tzinfo=timezone.utc)
print(moment, moment.isoformat(), moment.timestamp(), moment + timedelta(seconds=2), repr(moment))
print(datetime.fromisoformat("2024-03-10T12:30:00+02:00").astimezone(timezone.utc), datetime.strptime("05 Mar 2021", "%d %b %Y"))
print(timedelta(days=1, hours=-2, minutes=30), timedelta(seconds=90) / 2, (date(2025, 1, 1) - day).days, timedelta(1) > timedelta(0, 5))
print(time(9, 5).isoformat(), datetime(2020, 2, 29).replace(year=2024), date.max, min(day, date(2000, 1, 1)))
for bad in (lambda: date(2023, 2, 29), lambda: datetime(2024, 1, 1) - moment, lambda: time(25)):
    try:
        bad()
    except (ValueError, TypeError) as error:
        print(type(error).__name__, error)
