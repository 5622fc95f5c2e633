"""Django's entry for reviews."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "wangqun.reviews"
    label = "reviews"
    verbose_name = "审核"
