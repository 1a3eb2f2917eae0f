"""Checks: functions that say in their names what is so, and how they are run."""

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def equal(found, expected):
    assert found == expected, f"\n  found    {found}\n  expected {expected}"


def run(world, problems_of=lambda: []):
    """Calls every check with the world, and tells how many failed; `problems_of` says what else went wrong since it was asked last."""
    failed = 0
    for function in CHECKS:
        problems = []
        try:
            function(world)
        except Exception as error:  # noqa: BLE001 - whatever a check runs into is its result
            problems.append(f"{type(error).__name__}: {error}")
        problems += problems_of()
        failed += bool(problems)
        print(f"{'FAIL' if problems else 'ok  '}  {function.__name__.replace('_', ' ')}", flush=True)
        for problem in problems:
            print(f"      {problem}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed", flush=True)
    return failed
