"""E-mail, by SMTP or to the console, as the settings say."""

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from wangqun.notifications.models import Delivery


def send(delivery: Delivery, connection: BaseEmailBackend) -> None:
    """Hand one letter to the mail server; raises what the server or the network raises.

    Every attempt carries the same Message-ID, so a letter that was accepted just before the worker died is
    recognised as the same one when it comes again.
    """
    notice = delivery.notice
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    EmailMessage(
        subject=f"【{settings.WAGTAIL_SITE_NAME}】{notice.title}",
        body=text(delivery),
        to=[delivery.address],
        headers={"Message-ID": f"<notice-{notice.pk}@{domain}>", "Auto-Submitted": "auto-generated"},
        connection=connection,
    ).send()


def text(delivery: Delivery) -> str:
    """Return the letter's text: what it says, where to deal with it, and that answers go unread."""
    notice = delivery.notice
    url = settings.WAGTAILADMIN_BASE_URL + notice.url if notice.url.startswith("/") else notice.url
    parts = [f"{notice.recipient.get_full_name()}：", notice.title, notice.body, f"办理地址：{url}" if url else ""]
    return "\n\n".join(part for part in [*parts, "本邮件由系统发出，请勿直接回复。"] if part) + "\n"
