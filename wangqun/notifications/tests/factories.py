"""People who get notices."""

import factory

from wangqun.people.models import User


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda number: f"notified{number}")
    name = factory.Sequence(lambda number: f"收件人{number}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.cn")
