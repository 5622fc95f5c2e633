"""Tables of publication, by noun."""

from wangqun.publication.models.evidence import Alarm, Manifest
from wangqun.publication.models.files import (
    File,
    FileSource,
    FollowedLog,
    Generation,
    Rebuild,
    RenderOrder,
    RenderRun,
    Tree,
)
from wangqun.publication.models.moves import Move
from wangqun.publication.models.releases import Release, ScheduledRelease

__all__ = [
    "Alarm", "File", "FileSource", "FollowedLog", "Generation", "Manifest", "Move", "Rebuild", "Release", "RenderOrder",
    "RenderRun", "ScheduledRelease", "Tree",
]  # fmt: skip
