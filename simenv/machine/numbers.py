"""Numbers of users and groups, as the operating system counts them."""

from __future__ import annotations

from simenv.machine.host_plan import HostPlan
from simenv.machine.identity import ROOT

NOBODY = 65534
_FIRST_USER, _FIRST_GROUP = 1000, 2000


def user_names(plan: HostPlan) -> list[str]:
    """Return the login names of a host other than root, in the order of their numbers."""
    return sorted({*plan.accounts, *plan.homes} - {ROOT})


def user_number(plan: HostPlan, user: str) -> int:
    """Return the number of a user: root 0, others from 1000 in the order of their names, strangers `NOBODY`."""
    names = user_names(plan)
    if user == ROOT:
        return 0
    return _FIRST_USER + names.index(user) if user in names else NOBODY


def group_names(plan: HostPlan) -> list[str]:
    """Return the groups of a host that are not named after a user, in the order of their numbers."""
    return sorted({group for account in plan.accounts.values() for group in account.groups} - {ROOT, *user_names(plan)})


def group_number(plan: HostPlan, group: str) -> int:
    """Return the number of a group: that of the user of the same name, else from 2000 on in the order of names."""
    names = group_names(plan)
    return _FIRST_GROUP + names.index(group) if group in names else user_number(plan, group)


def user_named(plan: HostPlan, number: int) -> str:
    """Return the user of a number; an unknown number is returned as is."""
    names = user_names(plan)
    if number == 0:
        return ROOT
    at = number - _FIRST_USER
    return names[at] if 0 <= at < len(names) else str(number)


def group_named(plan: HostPlan, number: int) -> str:
    """Return the group of a number; an unknown number is returned as is."""
    names = group_names(plan)
    at = number - _FIRST_GROUP
    return names[at] if 0 <= at < len(names) else user_named(plan, number)
