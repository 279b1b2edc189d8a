"""What people write by hand, and our own app, as servers for `tests.benchmarks.engine`."""
