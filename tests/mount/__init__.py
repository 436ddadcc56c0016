"""Tests of real kernel mounts on real clusters."""
