"""Trends as charts of the spreadsheet's own, on a calendar axis: a month or day without a number is a gap."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

from reports.figures.words import POINTS
from reports.workbook.layout import Laid
from reports.workbook.sheets import SheetTable, Trend, Trends, as_digits

if TYPE_CHECKING:
    from openpyxl.chart import LineChart
    from openpyxl.chart.text import RichText
    from openpyxl.worksheet.worksheet import Worksheet

BESIDE = 3  # charts beside each other
ROWS = 11  # of the sheet under one of them
UNDER_A_TABLE = 12  # so many at most; more have a sheet of their own
A_PAGE = 15  # on a page of their own
WIDTHS = (30,) * BESIDE  # of the columns of a sheet of charts
_TICKS = 5  # at most, on the axis of dates
_STEPS = {"months": (1, 2, 3, 6, 12), "days": (1, 2, 5, 10)}
_COLOUR = "1F4E79"


def source_table(trends: Trends) -> SheetTable:
    """What the charts are drawn from: dates over trends, an empty cell where there is no number."""
    first = "月份" if trends.by_month else "日期"
    columns = (first, *(each.title for each in trends.of))
    values = zip(*(each.values for each in trends.of), strict=True)
    rows = [
        (day, *(None if value is None else as_digits(str(value)) for value in its))
        for day, its in zip(trends.dates, values, strict=True)
    ]
    return SheetTable(columns, rows)


def rows_of(trends: Trends) -> int:
    """How many rows of a sheet the charts take."""
    return ROWS * -(-len(trends.of) // BESIDE)


def draw(trends: Trends, target: Laid, source: Worksheet, head: int) -> None:
    """Draw trends below what stands on a sheet, from the table of another whose head is in a row."""
    from openpyxl.chart import Reference
    from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor

    first, last = head + 1, head + len(trends.dates)
    borders = _borders(target.widths)
    dates = Reference(source, min_col=1, min_row=first, max_row=last)
    for place, trend in enumerate(trends.of):
        values = Reference(source, min_col=2 + place, min_row=first, max_row=last)
        chart = _chart(trend, trends)
        chart.add_data(values)
        chart.set_categories(dates)
        _draw_line(chart, trend)
        above, beside = target.below - 1 + place // BESIDE * ROWS, place % BESIDE
        corner = AnchorMarker(col=borders[beside], row=above)
        end = AnchorMarker(col=borders[beside + 1], row=above + ROWS)
        setattr(chart, "anchor", TwoCellAnchor("twoCell", _from=corner, to=end))  # noqa: B010 - its stub knows texts only
        target.sheet.add_chart(chart)


def _chart(trend: Trend, trends: Trends) -> LineChart:
    from openpyxl.chart import LineChart
    from openpyxl.chart.axis import ChartLines, DateAxis
    from openpyxl.chart.shapes import GraphicalProperties
    from openpyxl.chart.title import title_maker

    chart = LineChart()
    title = title_maker(trend.title)
    for paragraph in title.tx.rich.p if title.tx and title.tx.rich else ():
        paragraph.pPr = _text(9).p[0].pPr
    title.overlay = False
    chart.title = title
    chart.legend = None
    chart.display_blanks = "gap"
    unit: Literal["months", "days"] = "months" if trends.by_month else "days"
    chart.x_axis = DateAxis(crossAx=100, baseTimeUnit=unit, majorTimeUnit=unit)
    chart.x_axis.number_format = "yyyy-m" if trends.by_month else "m-d"
    chart.x_axis.majorUnit = next(
        (step for step in _STEPS[unit] if step * _TICKS >= len(trends.dates)), _STEPS[unit][-1]
    )
    chart.y_axis.crossAx = 500
    if trend.unit not in POINTS and min(value for value in trend.values if value is not None) >= 0:
        # From zero on, lest a small change look like a large one; rates of nearly all would be a line at the top.
        chart.y_axis.scaling.min = 0
    chart.y_axis.majorGridlines = ChartLines(GraphicalProperties(ln=_line("D9D9D9", 6350)))
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete, axis.txPr = False, _text(8)
    return chart


def _draw_line(chart: LineChart, trend: Trend) -> None:
    """A line with a dot for each number, broken where the definition is, and the last number beside its dot."""
    from openpyxl.chart.label import DataLabel, DataLabelList
    from openpyxl.chart.marker import DataPoint, Marker
    from openpyxl.chart.shapes import GraphicalProperties
    from openpyxl.drawing.line import LineProperties

    (line,) = chart.series
    line.smooth = False  # a curve would show counts below zero between two days
    line.graphicalProperties = GraphicalProperties(ln=_line(_COLOUR, 19050))
    dot = GraphicalProperties(solidFill=_COLOUR, ln=_line(_COLOUR, 6350))
    line.marker = Marker("circle", 4, spPr=dot)
    for place in sorted(trend.breaks):
        broken = GraphicalProperties(ln=LineProperties(noFill=True))
        line.dPt.append(DataPoint(idx=place, marker=line.marker, spPr=broken))
    last = max(place for place, value in enumerate(trend.values) if value is not None)
    shown = {"showVal": True, "showSerName": False, "showCatName": False, "showLegendKey": False, "showPercent": False}
    label = DataLabel(idx=last, dLblPos="t", txPr=_text(8), **shown)
    line.dLbls = DataLabelList(dLbl=[label], **dict.fromkeys(shown, False))


def _line(colour: str, width: int) -> object:
    from openpyxl.drawing.line import LineProperties

    return LineProperties(solidFill=colour, w=width)


def _text(points: int) -> RichText:
    from openpyxl.chart.text import RichText
    from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties, RichTextProperties

    properties = ParagraphProperties(defRPr=CharacterProperties(sz=100 * points, b=False))
    return RichText(RichTextProperties(rot=0), p=[Paragraph(pPr=properties, endParaRPr=CharacterProperties())])


def _borders(widths: Sequence[int]) -> list[int]:
    """The columns, from 0, at which the charts beside each other begin, and the one after the last."""
    ends = list(accumulate(widths, initial=0))
    wanted = (ends[-1] * place / BESIDE for place in range(BESIDE + 1))
    return [min(range(len(ends)), key=lambda column: abs(ends[column] - width)) for width in wanted]
