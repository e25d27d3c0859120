"""Settings of all end-to-end tests."""

from hypothesis import HealthCheck, settings

# a loaded machine is no bug of ours: no example fails for being slow
settings.register_profile("arc", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("arc")
