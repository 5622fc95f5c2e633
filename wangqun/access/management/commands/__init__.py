"""Periodic duties, one verb each."""
