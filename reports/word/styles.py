"""The styles of a profile as a document's own, in place of everything that its template brought."""

from typing import Any

from reports.word.profiles import Profile, Style
from reports.word.xml import attribute, element, fonts, half_points, twentieths

# No widow control and no automatic space between scripts, which would break the grid of lines and characters; and no
# snapping to it, because exact line spacing and tracking already give it (see `tracking_pt` in profiles.toml).
_ON_THE_GRID = (
    '<w:widowControl w:val="0"/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/><w:snapToGrid w:val="0"/>'
)
_UNTRACKED = '<w:spacing w:val="0"/>'
_LANGUAGE = '<w:lang w:val="en-US" w:eastAsia="zh-CN"/>'


def set_styles(document: Any, profile: Profile) -> None:
    """Replace the styles of a python-docx document by those of a profile."""
    styles = document.styles.element
    for child in list(styles):
        styles.remove(child)
    body = profile.styles["body"]
    styles.append(_defaults(body, profile))
    styles.append(_normal(body, profile))
    for style in profile.styles.values():
        styles.append(_style(style, profile))
    styles.append(_page_number(profile))
    styles.append(_table_grid())


def _defaults(body: Style, profile: Profile) -> Any:
    """What holds where no style says otherwise."""
    size = half_points(body.size_pt)
    return element(
        f"<w:docDefaults><w:rPrDefault><w:rPr>{fonts(body.font)}"
        f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>{_LANGUAGE}</w:rPr></w:rPrDefault>'
        f"<w:pPrDefault><w:pPr>{_ON_THE_GRID}{_spacing(profile.line_pitch_pt)}"
        "</w:pPr></w:pPrDefault></w:docDefaults>"
    )


def _normal(body: Style, profile: Profile) -> Any:
    """The style that all others rest on; the grid of characters counts from its size."""
    size = half_points(body.size_pt)
    return element(
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        f'<w:rPr><w:snapToGrid w:val="0"/><w:spacing w:val="{twentieths(profile.tracking_pt)}"/>'
        f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr></w:style>'
    )


def _spacing(points: float) -> str:
    return f'<w:spacing w:before="0" w:after="0" w:line="{twentieths(points)}" w:lineRule="exact"/>'


def _style(style: Style, profile: Profile) -> Any:
    size = half_points(style.size_pt)
    colour = f'<w:color w:val="{style.colour}"/>' if style.colour else ""
    # A heading alone at a page's foot is worse than a line left empty there.
    keep = "<w:keepNext/>" if style.outline else ""
    outline = f'<w:outlineLvl w:val="{style.outline - 1}"/>' if style.outline else ""
    next_style = '<w:next w:val="BodyText"/>' if style.outline else ""
    tracking = _UNTRACKED if style.line else ""
    return element(
        f'<w:style w:type="paragraph" w:styleId="{style.style_id}"><w:name w:val={attribute(style.style)}/>'
        f'<w:basedOn w:val="Normal"/>{next_style}<w:qFormat/><w:pPr>{keep}'
        f"{_spacing(style.line or profile.line_pitch_pt)}{_indents(style, profile)}"
        f'<w:jc w:val="{style.align}"/>{outline}</w:pPr>'
        f'<w:rPr>{fonts(style.font)}{colour}{tracking}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr></w:style>'
    )


def _indents(style: Style, profile: Profile) -> str:
    side = twentieths(style.indent * style.size_pt)
    # In characters for Word, which sets them on the grid, and as a length for readers that don't know characters.
    first = twentieths(style.first_line * profile.character_pt)
    attributes = f' w:left="{side}" w:right="{side}"' if side else ""
    attributes += f' w:firstLineChars="{style.first_line * 100}" w:firstLine="{first}"' if first else ""
    return f"<w:ind{attributes}/>" if attributes else ""


def _page_number(profile: Profile) -> Any:
    number = profile.page_number
    size = half_points(number.size_pt)
    return element(
        '<w:style w:type="paragraph" w:styleId="Footer"><w:name w:val="footer"/><w:basedOn w:val="Normal"/><w:pPr>'
        f"{_spacing(number.size_pt)}</w:pPr>"
        f'<w:rPr>{fonts(number.font)}{_UNTRACKED}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr></w:style>'
    )


def _table_grid() -> Any:
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    return element(
        '<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:tblPr>'
        f"<w:tblBorders>{sides}</w:tblBorders>"
        '<w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar>'
        "</w:tblPr></w:style>"
    )
