"""Builds the demonstration city."""

import time
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test.utils import override_settings

from wangqun.base.moments import today
from wangqun.demo import plan
from wangqun.demo.build import City
from wangqun.websites.models import Website

ACCOUNTS = [
    ("wang.bianji", "王编辑", "正定县采编"),
    ("liu.kezhang", "刘科长", "正定县初审"),
    ("chen.juzhang", "陈局长", "正定县分管领导（复审）"),
    ("wu.ganshi", "吴干事", "对外贸易处采编"),
    ("li.chuzhang", "李处长", "对外贸易处初审"),
    ("zhao.juzhang", "赵局长", "市局分管领导（复审）"),
    ("xiao.zhuren", "肖主任", "商务信息中心初审（门户“县区动态”，审报送的稿件）"),
    ("sun.zhuren", "孙主任", "商务信息处终审"),
    ("zhou.duban", "周督办", "商务信息处：网站、栏目、权限、提醒、考核"),
    ("zheng.shenji", "郑审计", "审计：只看记录"),
    ("wai.ren", "外人", "藁城区采编"),
]


class Command(BaseCommand):
    help = "建立演示城市：机构、网站、栏目、三个月的稿件、提醒和排名，全部由真实的办理动作生成。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--small", action="store_true", help="只建两个县，供测试用")
        parser.add_argument("--until", type=date.fromisoformat, default=None, help="最后一天（YYYY-MM-DD），默认今天")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("演示数据带有公开的账号和密码，只能在 DEBUG=1 时建立。")
        if Website.objects.exists():
            raise CommandError("数据库中已有网站，演示数据只能建在空的数据库里。")
        started = time.monotonic()

        def say(text: str) -> None:
            self.stdout.write(f"  {time.monotonic() - started:5.1f} 秒　{text}")
            self.stdout.flush()

        # Tasks of three months would only make the worker repeat at its start what is done here at the end.
        with override_settings(TASKS={"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}):
            city = City(until=options["until"] or today(), counties=2 if options["small"] else 99, say=say)
            city.found()
            city.live()
            city.leave_on_the_desks()
            call_command("update_index", verbosity=0)
            say(f"生成公开文件 {city.publish()} 个页面")
        say("演示城市已建成")
        self.stdout.write(f"\n演示账号（密码都是 {plan.PASSWORD}）：")
        for username, name, duty in ACCOUNTS:
            self.stdout.write(f"  {username:<14}{name}　{duty}")
