"""The private address of a person's calendar: signed, and void as soon as the password changes."""

from django.core.signing import BadSignature, Signer
from django.utils.crypto import constant_time_compare, salted_hmac

from wangqun.people.models import User

SALT = "wangqun.clocks.calendar"


def _mark(user: User) -> str:
    """Return what of the password goes into the address: nothing that helps to guess it."""
    return salted_hmac(SALT, user.password, algorithm="sha256").hexdigest()[:16]


def make(user: User) -> str:
    """Return the token of `user`'s calendar; it stays the same until the password changes."""
    return Signer(salt=SALT).sign(f"{user.pk}-{_mark(user)}")


def read(token: str) -> User | None:
    """Return the active person to whom `token` belongs, or None for a forged, revoked or foreign one."""
    try:
        number, _, mark = Signer(salt=SALT).unsign(token).partition("-")
    except BadSignature:
        return None
    user = User.objects.filter(pk=int(number), is_active=True).select_related("organisation").first()
    return user if user is not None and constant_time_compare(mark, _mark(user)) else None
