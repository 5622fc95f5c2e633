"""Wagtail tasks of the review, and the records that people leave in it."""

from wangqun.reviews.models.records import Delegation, Level, Signing, Transfer
from wangqun.reviews.models.tasks import CentreReview, DepartmentReview, LeaderReview, MachineReview

__all__ = [
    "CentreReview",
    "Delegation",
    "DepartmentReview",
    "LeaderReview",
    "Level",
    "MachineReview",
    "Signing",
    "Transfer",
]
