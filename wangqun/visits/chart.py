"""Where the bars of a chart stand. Drawn by the server as SVG: it prints, needs no script and no colour alone. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from wangqun.visits.measures import Point

WIDTH, HEIGHT = 960, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 14, 30
MOST_LABELS = 16


@dataclass(frozen=True)
class Bar:
    """One bar with the mark of the period before, in units of the drawing."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    before_y: float
    label: str
    views: int
    before: int


@dataclass(frozen=True)
class Chart:
    """A drawing of 960 × 260 units."""

    bars: list[Bar]
    lines: list[tuple[float, int]]
    """Height and number of the lines across."""
    has_before: bool
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM

    @property
    def is_empty(self) -> bool:
        return not any(bar.views or bar.before for bar in self.bars)


def ceiling(most: int) -> int:
    """Return the round number at which the scale ends: 1, 2 or 5 with noughts, divisible by the four lines."""
    scale = 4
    while scale < most:
        for factor in (1, 2, 3, 5, 10):
            if scale * factor >= most and factor > 1:
                return scale * factor
        scale *= 10
    return scale


def draw(points: Sequence[Point]) -> Chart:
    """Return where everything stands."""
    top = ceiling(max((max(point.views, point.before) for point in points), default=0))
    room = HEIGHT - TOP - BOTTOM
    step = (WIDTH - LEFT - RIGHT) / max(1, len(points))
    every = -(-len(points) // MOST_LABELS)

    def height(value: int) -> float:
        return round(HEIGHT - BOTTOM - room * value / top, 1)

    bars = [
        Bar(
            x=round(LEFT + step * number + step * 0.18, 1), y=height(point.views), width=round(step * 0.64, 1),
            height=round(HEIGHT - BOTTOM - height(point.views), 1), middle=round(LEFT + step * (number + 0.5), 1),
            before_y=height(point.before), label="" if number % every else point.label,
            views=point.views, before=point.before,
        )
        for number, point in enumerate(points)
    ]  # fmt: skip
    lines = [(height(top * part // 4), top * part // 4) for part in range(5)]
    return Chart(bars, lines, any(point.before for point in points))
