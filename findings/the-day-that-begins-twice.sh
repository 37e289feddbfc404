#!/usr/bin/env bash
# Three engines put the events of one ambiguous half hour into different days and hours; one starts an hour after its
#   event.
# What: duckdb 2.0.1, polars 2.1.0 (polars-runtime-32 2.1.0), pandas 3.1.1 (numpy 2.4.6, python-dateutil 4.0.0, tzdata
#   2026.6), PyPI.
# Expected: the start of a day, hour or minute is at most the event's time, one local day has one start, and where a
#   time carries its offset nothing is ambiguous.
# Seen, for Havana on 2024-11-03, where clocks went back from 1:00 to 0:00, and New York, where they went from 2:00 to
#   1:00 (all in UTC): duckdb's date_trunc starts hour, and in Havana day, after the event in the first of the two
#   hours, so that both hours are one, and time_bucket puts that first hour into the day before. polars gives one day
#   two starts. pandas refuses even the minute, in which nothing is ambiguous.
# Why it matters: distinct users of an hour or a day are not those of another engine on that day, and a job that floors
#   with pandas stops once a year. Minutes counted in UTC have none of this.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='America/Havana 03 04:30
  duckdb: day 03 05:00, hour 03 05:00, minute 03 04:30, time_bucket 02 04:00
  polars: day 03 04:00, hour 03 04:00, minute 03 04:30
  pandas: day refused, hour refused, minute refused
America/Havana 03 05:30
  duckdb: day 03 05:00, hour 03 05:00, minute 03 05:30, time_bucket 03 05:00
  polars: day 03 05:00, hour 03 05:00, minute 03 05:30
  pandas: day refused, hour refused, minute refused
America/Havana 03 10:30
  duckdb: day 03 05:00, hour 03 10:00, minute 03 10:30, time_bucket 03 05:00
  polars: day 03 05:00, hour 03 10:00, minute 03 10:30
  pandas: day refused, hour 03 10:00, minute 03 10:30
America/New_York 03 05:30
  duckdb: day 03 04:00, hour 03 06:00, minute 03 05:30, time_bucket 03 04:00
  polars: day 03 04:00, hour 03 05:00, minute 03 05:30
  pandas: day 03 04:00, hour refused, minute refused
America/New_York 03 06:30
  duckdb: day 03 04:00, hour 03 06:00, minute 03 06:30, time_bucket 03 04:00
  polars: day 03 04:00, hour 03 06:00, minute 03 06:30
  pandas: day 03 04:00, hour refused, minute refused
America/New_York 03 10:30
  duckdb: day 03 04:00, hour 03 10:00, minute 03 10:30, time_bucket 03 04:00
  polars: day 03 04:00, hour 03 10:00, minute 03 10:30
  pandas: day 03 04:00, hour 03 10:00, minute 03 10:30'

python_packages packages duckdb==2.0.1 polars==2.1.0 polars-runtime-32==2.1.0 pandas==3.1.1 numpy==2.4.6 \
  python-dateutil==4.0.0 tzdata==2026.6
now=$(with_python packages <<'PY'
import zoneinfo
zoneinfo.reset_tzpath(())  # the package tzdata, not what the machine has
from datetime import datetime, timezone
import duckdb
import pandas
import polars

def utc(instant):
    return instant.astimezone(timezone.utc).strftime("%d %H:%M")

def of_duckdb(zone, instant):
    connection = duckdb.connect()
    connection.execute(f"set timezone = '{zone}'")
    at = f"to_timestamp({instant.timestamp():.0f})"
    parts = [f"date_trunc('{unit}', {at})" for unit in ("day", "hour", "minute")]
    parts.append(f"time_bucket(interval '1 day', {at}, '{zone}')")
    row = connection.execute("select " + ", ".join(f"epoch({part})" for part in parts)).fetchone()
    return [utc(datetime.fromtimestamp(second, timezone.utc)) for second in row]

def of_polars(zone, instant):
    column = polars.Series([instant]).dt.convert_time_zone(zone)
    return [utc(column.dt.truncate(unit)[0]) for unit in ("1d", "1h", "1m")]

def of_pandas(zone, instant):
    at, words = pandas.Timestamp(instant).tz_convert(zone), []
    for unit in ("D", "h", "min"):
        try:
            words.append(utc(at.floor(unit)))
        except ValueError:
            words.append("refused")
    return words

for zone, hours in (("America/Havana", (4, 5, 10)), ("America/New_York", (5, 6, 10))):
    for hour in hours:
        instant = datetime(2024, 11, 3, hour, 30, tzinfo=timezone.utc)
        print(f"{zone} {utc(instant)}")
        print("  duckdb: day {}, hour {}, minute {}, time_bucket {}".format(*of_duckdb(zone, instant)))
        print("  polars: day {}, hour {}, minute {}".format(*of_polars(zone, instant)))
        print("  pandas: day {}, hour {}, minute {}".format(*of_pandas(zone, instant)))
PY
)
still "$seen" "$now"
