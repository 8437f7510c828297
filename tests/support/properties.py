"""Settings of hypothesis for every property test: no clock, since the machine may be busy, and nothing written."""


def load():
    try:
        from hypothesis import HealthCheck, settings
    except ImportError:
        return  # the tests that need it skip themselves
    slow = [HealthCheck.too_slow]
    settings.register_profile("metlo", deadline=None, database=None, suppress_health_check=slow)
    settings.load_profile("metlo")
