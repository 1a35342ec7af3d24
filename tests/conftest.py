"""How property tests run, wherever they stand."""

from hypothesis import HealthCheck, settings

# A loaded machine is no finding: examples are bounded by number, tests by pytest's own timeout.
settings.register_profile(
    "stillroom", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("stillroom")
