"""The first person who keeps the permission archive; afterwards every right is given by people, in the archive."""

from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from wangqun.access.actions import found_archive
from wangqun.base.errors import Refused
from wangqun.people.actions import create_organisation, create_person, information_office, system_user
from wangqun.people.models import Organisation, User


class Command(BaseCommand):
    help = "新系统启用时运行一次：设第一名管理权限档案的人员（信息处督办），此后权限都在后台办理。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="用户名，如 zhang.san")
        parser.add_argument("--name", default="", help="姓名；账号还没有时必填，并会要求输入密码")
        parser.add_argument("--bureau", default="", help="市局名称；还没有登记单位时必填，如“石家庄市商务局”")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                held = found_archive(self.person(options))
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{held.user}现在管理权限档案，请登录 /admin/ 办理其他事项。")

    def person(self, options: dict[str, Any]) -> User:
        """Return the account, made now where it is not there yet."""
        if existing := User.objects.people().filter(username=options["username"]).first():
            return existing
        if not options["name"]:
            raise CommandError("还没有这个账号，请用 --name 给出姓名。")
        password = getpass("密码（至少 12 位）：")
        return create_person(
            by=system_user(),
            username=options["username"],
            name=options["name"],
            organisation=self.office(options),
            password=password,
        )

    def office(self, options: dict[str, Any]) -> Organisation:
        """Return the information office, made now in an installation that is still empty."""
        if Organisation.objects.exists():
            return information_office()
        if not options["bureau"]:
            raise CommandError("还没有登记单位，请用 --bureau 给出市局名称。")
        system, kinds = system_user(), Organisation.Kind
        bureau = create_organisation(
            by=system, kind=kinds.BUREAU, name=options["bureau"], short_name=options["bureau"], code="bureau"
        )
        return create_organisation(
            by=system,
            kind=kinds.DIVISION,
            name="商务信息处",
            short_name="信息处",
            code="xxc",
            parent=bureau,
            is_information_office=True,
        )
