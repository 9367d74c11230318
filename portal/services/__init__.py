"""Use cases, with a package for each domain. tests/architecture/test_floors.py defines their order."""
