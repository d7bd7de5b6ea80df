"""Excel workbooks of raw XML, as any program may write them and openpyxl does not."""

import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def text(value, place=None):
    """Return a cell with a text in it; letters that are markup are escaped."""
    at = f' r="{place}"' if place else ""
    return f'<c{at} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def number(value, style=0):
    return f'<c s="{style}"><v>{value}</v></c>'


def stored(kind, value):
    return f'<c t="{kind}"><v>{value}</v></c>'


def row(*cells, at=None):
    return f'<row r="{at}">{"".join(cells)}</row>' if at else f"<row>{''.join(cells)}</row>"


def column(*cells, name="code"):
    """Return the rows of a sheet of one column."""
    return row(text(name)) + "".join(map(row, cells))


def workbook(rows, *, shared=(), formats=(), names=("rows",), since_1904=False, main=MAIN,
             styles=True, more=()):  # fmt: skip
    """Return the bytes of a workbook.

    `rows` are those of every sheet, in XML, or a mapping of sheets by name; `shared` the texts that
    cells share, in XML; style n + 1 has `formats[n]`, a code or a built-in number; `more` are
    further members of the archive.
    """
    each = [*rows.items()] if isinstance(rows, dict) else [(name, rows) for name in names]
    sheets, links = [], []
    for n, (name, _) in enumerate(each, 1):
        sheets.append(f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="s{n}"/>')
        links.append(_link(f"s{n}", "worksheet", f"worksheets/sheet{n}.xml"))
    links += [_link("a", "styles", "styles.xml"), _link("b", "sharedStrings", "/xl/shared.xml")]
    coded = [f'<numFmt numFmtId="{200 + n}" formatCode={quoteattr(one)}/>'
             for n, one in enumerate(formats) if isinstance(one, str)]  # fmt: skip
    numbers = [0, *(200 + n if isinstance(one, str) else one for n, one in enumerate(formats))]
    used = "".join(f'<xf numFmtId="{one}"/>' for one in numbers)
    since = ' date1904="1"' if since_1904 else ""
    members = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{KIND}.sheet.main+xml"/></Types>',
        "_rels/.rels": _links(_link("w", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{OFFICE}"><workbookPr{since}/>'
        f"<sheets>{''.join(sheets)}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _links(*links),
    }
    if styles:
        members["xl/styles.xml"] = (
            f'<styleSheet xmlns="{main}"><numFmts>{"".join(coded)}</numFmts>'
            f"<cellXfs>{used}</cellXfs></styleSheet>"
        )
    if shared:
        items = "".join(f"<si>{one}</si>" for one in shared)
        members["xl/shared.xml"] = f'<sst xmlns="{main}">{items}</sst>'
    for n, (_, one) in enumerate(each, 1):
        data = one if one.startswith("<sheetData") else f"<sheetData>{one}</sheetData>"
        members[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{main}">{data}</worksheet>'
    return archive([*members.items(), *more])


def archive(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members:
            made.writestr(name, content)
    return stream.getvalue()


def changed(data, member, old, new):
    """Return a workbook with a change in one of its members, sealed with a right checksum."""
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        contents = {name: made.read(name).decode() for name in made.namelist()}
    assert old in contents[member]
    contents[member] = contents[member].replace(old, new)
    return archive(contents.items())


def _link(name, kind, target):
    return f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def _links(*links):
    return f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(links)}</Relationships>'
