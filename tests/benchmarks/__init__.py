"""Benchmarks: run one with ``python -m tests.benchmarks.<name>``; each prints ratios of one run."""
