"""Passwords that a machine chooses and a person types once."""

import secrets
import string

LENGTH = 16
LOOK_ALIKES = "0O1lI"
ALPHABET = "".join(sorted(set(string.ascii_letters + string.digits) - set(LOOK_ALIKES)))


def new_password() -> str:
    """Return a random password of 16 letters and digits, both among them, none that is taken for another."""
    while True:
        found = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if any(sign.isdigit() for sign in found) and any(sign.isalpha() for sign in found):
            return found
