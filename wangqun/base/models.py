"""Tables that only grow, and numbers without gaps."""

from typing import Any

from django.db import models

from wangqun.base.errors import Refused


class AppendOnlyQuerySet(models.QuerySet):
    """Refuses in Python what the triggers of base/migrations refuse in the database."""

    def update(self, **kwargs: object) -> int:
        raise Refused("此记录只能追加，不能修改。")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise Refused("此记录只能追加，不能删除。")


class AppendOnly(models.Model):
    """A fact written once. Its migration also sets the triggers: see `base.append_only.guard`."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Refused("此记录只能追加，不能修改。")
        super().save(*args, **kwargs)

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        raise Refused("此记录只能追加，不能删除。")


class NumberSeries(models.Model):
    """The last number given out in one register and year; `base.numbers.next_number` is its only user."""

    register = models.CharField("登记簿", max_length=64)
    year = models.PositiveSmallIntegerField("年度")
    last = models.PositiveIntegerField("末号", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "编号"
        constraints = [models.UniqueConstraint(fields=["register", "year"], name="one_series_per_register_and_year")]

    def __str__(self) -> str:
        return f"{self.register} {self.year}: {self.last}"


class ScheduleSlot(models.Model):
    """The last slot of one line of deploy/crontab, and who took it when; `base.schedule` is its only user."""

    command = models.CharField("命令", max_length=200, unique=True)
    slot_at = models.DateTimeField("应执行时间")
    claimed_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "定时任务"

    def __str__(self) -> str:
        return f"{self.command} {self.slot_at:%Y-%m-%d %H:%M}"
