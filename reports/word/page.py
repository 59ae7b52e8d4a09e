"""A document's page: paper, margins, the grid of lines and characters, page numbers, and 草稿 across every page."""

from collections.abc import Sequence
from typing import Any

from reports.word.profiles import Profile
from reports.word.xml import attribute, element, grid_spacing, half_points, twentieths, twips

DRAFT = "草稿"
DRAFT_LINE = "草稿　未经核定，不得刊印"

_MODE = '<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>'
# As Word writes them; odd and even pages differ, and punctuation keeps its square, or the grid would be lost.
_SETTINGS = (
    '<w:zoom w:percent="100"/>',
    '<w:defaultTabStop w:val="420"/>',
    "<w:evenAndOddHeaders/>",
    '<w:characterSpacingControl w:val="doNotCompress"/>',
    f"<w:compat><w:useFELayout/>{_MODE}</w:compat>",
    '<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/>',
)
_WATERMARK = (
    "position:absolute;margin-left:0;margin-top:0;width:330pt;height:165pt;rotation:315;z-index:-251658752;"
    "mso-position-horizontal:center;mso-position-horizontal-relative:margin;"
    "mso-position-vertical:center;mso-position-vertical-relative:margin"
)


def set_page(document: Any, profile: Profile) -> None:
    """Set paper, margins and grid of a python-docx document's one section, and its page numbers, odd and even."""
    settings = document.settings.element
    _refill(settings, [element(markup) for markup in _SETTINGS])
    _refill(
        document.element.body.sectPr,
        [
            element(f'<w:pgSz w:w="{twips(profile.width_mm)}" w:h="{twips(profile.height_mm)}"/>'),
            element(
                f'<w:pgMar w:top="{twips(profile.top_mm)}" w:right="{twips(profile.right_mm)}"'
                f' w:bottom="{twips(profile.bottom_mm)}" w:left="{twips(profile.left_mm)}"'
                f' w:header="{twips(profile.top_mm / 2)}" w:footer="{twips(profile.footer_mm)}" w:gutter="0"/>'
            ),
            element(
                f'<w:docGrid w:type="linesAndChars" w:linePitch="{twentieths(profile.line_pitch_pt)}"'
                f' w:charSpace="{grid_spacing(profile.character_spacing_pt)}"/>'
            ),
        ],
    )
    section = document.sections[0]
    _fill(section.footer, _number(profile, "right"))
    _fill(section.even_page_footer, _number(profile, "left"))


def mark_draft(document: Any, profile: Profile) -> None:
    """Write 草稿 above and across every page."""
    section = document.sections[0]
    for index, header in enumerate((section.header, section.even_page_header)):
        _fill(header, _draft_line(profile, index))


def _refill(parent: Any, children: Sequence[Any]) -> None:
    for child in list(parent):
        parent.remove(child)
    parent.extend(children)


def _fill(header_or_footer: Any, paragraph: Any) -> None:
    header_or_footer.is_linked_to_previous = False
    _refill(header_or_footer.part.element, [paragraph])


def _number(profile: Profile, side: str) -> Any:
    """— 1 —, one character from the side."""
    number = profile.page_number
    edge = twentieths(number.indent_characters * number.size_pt)
    # The dash belongs to both scripts: without the hint Word would take the Latin font's.
    dash = '<w:r><w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr><w:t xml:space="preserve">{}</w:t></w:r>'
    return element(
        f'<w:p><w:pPr><w:pStyle w:val="Footer"/><w:ind w:{side}="{edge}"/><w:jc w:val="{side}"/></w:pPr>'
        f'{dash.format(f"{number.dash} ")}<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        f"{dash.format(f' {number.dash}')}</w:p>"
    )


def _draft_line(profile: Profile, index: int) -> Any:
    """The line in the header, and Word's own kind of watermark: text on a path, behind what is written."""
    size = half_points(profile.page_number.size_pt)
    font = profile.styles["heading1"].font
    text_style = attribute(f'font-family:"{font}";font-size:1pt')
    return element(
        '<w:p><w:pPr><w:jc w:val="center"/></w:pPr>'
        f'<w:r><w:rPr><w:color w:val="C00000"/><w:sz w:val="{size}"/></w:rPr><w:t>{DRAFT_LINE}</w:t></w:r>'
        "<w:r><w:rPr><w:noProof/></w:rPr><w:pict>"
        '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"'
        ' path="m@7,l@8,m@5,21600l@6,21600e">'
        '<v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/>'
        '<v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/>'
        '<v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/></v:formulas>'
        '<v:path textpathok="t"/><v:textpath on="t" fitshape="t"/></v:shapetype>'
        f'<v:shape id="PowerPlusWaterMarkObject{index}" o:spid="_x0000_s{2049 + index}" type="#_x0000_t136"'
        f' alt="{DRAFT}" style="{_WATERMARK}" fillcolor="#d9d9d9" stroked="f"><v:fill opacity=".5"/>'
        f'<v:textpath style={text_style} string="{DRAFT}"/></v:shape>'
        "</w:pict></w:r></w:p>"
    )
