"""Periodic duties."""
