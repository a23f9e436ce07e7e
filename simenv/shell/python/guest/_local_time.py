"""Local time for guests on a machine whose zone is not UTC."""

import sys
import time

_gmtime, _strftime, _kind = time.gmtime, time.strftime, time.struct_time


def install(ask):
    """Replace what the C library would answer for UTC; `datetime` is then the one written in Python, which asks `time`."""

    def zone_at(moment):
        offset, summer, name = ask("zone", str(float(moment)))
        return int(offset), int(summer), name.decode()

    def localtime(seconds=None):
        moment = time.time() if seconds is None else seconds
        offset, summer, name = zone_at(moment)
        fields = _gmtime(int(moment // 1) + offset)
        return _kind((*fields[:8], summer), {"tm_zone": name, "tm_gmtoff": offset})

    def mktime(fields):
        import calendar

        wall = calendar.timegm(tuple(fields))
        guess = wall - zone_at(wall)[0]
        return float(wall - zone_at(guess)[0])

    def strftime(format, fields=None):
        fields = localtime() if fields is None else fields
        name = getattr(fields, "tm_zone", None) or time.tzname[bool(fields[8] > 0)]
        offset = getattr(fields, "tm_gmtoff", None)
        offset = -time.timezone if offset is None else offset
        sign, size = "-" if offset < 0 else "+", abs(offset) // 60
        given = format.replace("%Z", name).replace("%z", f"{sign}{size // 60:02d}{size % 60:02d}")
        return _strftime(given, fields)

    def ctime(seconds=None):
        return time.asctime(localtime(seconds))

    year = _gmtime(time.time())[0]
    winter, summer = (zone_at(time_of(year, month)) for month in (1, 7))
    if winter[1]:
        winter, summer = summer, winter
    time.timezone, time.altzone = -winter[0], -summer[0]
    time.daylight, time.tzname = int(winter != summer), (winter[2], summer[2])
    asctime = time.asctime
    time.asctime = lambda fields=None: asctime(localtime() if fields is None else fields)
    time.localtime, time.mktime, time.strftime, time.ctime = localtime, mktime, strftime, ctime
    sys.modules["_datetime"] = None


def time_of(year, month):
    """Return seconds since 1970 of the first day of a month."""
    days = (year - 1970) * 365 + (year - 1969) // 4 + (0 if month == 1 else 181)
    return days * 86400.0
