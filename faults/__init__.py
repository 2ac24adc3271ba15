"""Planted faults: mistakes of people, as data, and what runs them against the project's tests."""
