"""The tests; a package, so that each of them can import `tests.support`."""
