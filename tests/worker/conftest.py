"""The shop of the services: here time passes as there."""

from tests.services.conftest import server, settings, shop  # noqa: F401
