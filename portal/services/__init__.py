"""Use cases, a package for each domain. Their order stands in tests/architecture/test_floors.py."""
