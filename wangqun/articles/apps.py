"""Django's entry for articles."""

from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    name = "wangqun.articles"
    label = "articles"
    verbose_name = "稿件"
