"""Benchmarks beside their references, measured in turn in one run."""
