"""The moments that an editor chooses, checked in the editor's form; and why a text that waits for its moment is locked."""

from typing import Any

from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.locks import BaseLock

from wangqun.base.moments import now


class ChosenMoments(WagtailAdminPageForm):
    """Form of an article. One sentence for each wrong moment; what it refuses, Wagtail does not complain of again."""

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        begins, ends = values.get("go_live_at"), values.get("expire_at")
        if begins and begins <= now() and "go_live_at" in self.changed_data:
            self.add_error("go_live_at", "定时发布的时间已过，请另选时间；如要审核通过后立即发布，请留空。")
        elif begins and ends and ends <= begins:
            self.add_error("expire_at", "到期下线须晚于定时发布，请改正。")
        elif ends and ends <= now():
            self.add_error("expire_at", "到期下线的时间已过，请另选时间；不下线请留空。")
        if ends and values.get("genre") in {"law", "policy"} and "expire_at" in self.cleaned_data:
            self.add_error("expire_at", "法规、政策失效后不下线，请留空；失效时把“有效性”改为“已废止”，页面会向读者注明。")
        return self.cleaned_data


class WaitingLock(BaseLock):
    """Page.locked is set by publication/scheduling.py only; Wagtail's own locking is closed (base/gate.py)."""

    def for_user(self, user: Any) -> bool:
        return True

    def get_message(self, user: Any) -> str:
        return "此稿已审核通过，正在等待发布时间，不能修改；如需修改，请先在“定时发布”中撤回定时。"

    def get_locked_by(self, user: Any) -> str:
        return "等待定时发布"

    def get_description(self, user: Any) -> str:
        return "如需修改，请先撤回定时。"
