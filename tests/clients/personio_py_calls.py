"""PyPI personio-py: employees, attendances and absences of v1."""

import os
from datetime import date

from calls import call, some
from personio_py import Personio

client = Personio(
    base_url=os.environ["PERSONIO_BASE_URL"] + "/v1/",
    client_id=os.environ["PERSONIO_CLIENT_ID"],
    client_secret=os.environ["PERSONIO_CLIENT_SECRET"],
)
call("authenticate", client.authenticate)
everybody = call("get_employees", client.get_employees, wants=some)
first = everybody[0] if everybody else None
call("get_employee", lambda: client.get_employee(first.id_), wants=lambda it: None if it.id_ == first.id_ else "another one")
call("get_employee_picture", lambda: client.get_employee_picture(first.id_), wants=some)
call("get_attendances", client.get_attendances, first, date(2026, 9, 1), date(2026, 9, 30))
call("get_absence_types", client.get_absence_types, wants=some)
call("get_absences", client.get_absences, everybody, date(2026, 1, 1), date(2026, 12, 31), wants=some)
call("get_projects", client.get_projects)
call("search_first", client.search_first, first.first_name if first else "Ada")
