import html
import re

import nbformat
import pytest

from coldframe.pipeline.pages import write_page

MARKDOWN = "# Heading\n\nA paragraph.\n\n<script>alert(1)</script><img src=x onerror=alert(2)>"
TABLE = (
    "<table><thead><tr><th>a</th></tr></thead>"
    "<tbody><tr><td onclick='x()'>5</td></tr></tbody></table>"
    "<iframe src='javascript:alert(3)'></iframe>"
)
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kg"
    "AAAABJRU5ErkJggg=="
)


@pytest.fixture
def body(tmp_path):
    def shown(**data):
        described = {"image/png": {"alt": 'of "a"'}}
        return nbformat.v4.new_output("display_data", data=data, metadata=described)

    cells = [
        nbformat.v4.new_markdown_cell(MARKDOWN),
        nbformat.v4.new_code_cell(
            "snapshot = None  # a default", metadata={"tags": ["parameters"]}
        ),
        nbformat.v4.new_code_cell(
            '# Parameters\nsnapshot = "<b>flights@7</b>"\nproduct = {"nb": "/a/path"}',
            metadata={"tags": ["injected-parameters"]},
        ),
        nbformat.v4.new_code_cell(
            "secret_code = 1",
            outputs=[shown(**{"text/html": TABLE}), shown(**{"image/png": PIXEL})],
        ),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "n.ipynb")
    write_page(tmp_path / "n.ipynb", tmp_path / "n.html")
    page = (tmp_path / "n.html").read_text("utf-8")
    return page[page.index("<body") :]


def test_a_page_shows_headings_paragraphs_tables_and_figures_but_no_code(body):
    for tag in ("<h1", "<p>A paragraph.</p>", "<thead>", "<th>a</th>", "<td>5</td>"):
        assert tag in body
    assert "data:image/png;base64," in body
    assert "secret_code" not in body


def test_pictures_are_described_and_the_keyboard_reaches_what_is_shown(body):
    pictures = re.findall("<img[^>]*>", body)
    assert [re.search('alt="([^"]*)"', one)[1] for one in pictures] == ["of &quot;a&quot;"]
    outputs = re.findall('<div class="[^"]*jp-OutputArea-output[^>]*>', body)
    assert len(outputs) == 2
    assert all('tabindex="0"' in one for one in outputs)


@pytest.mark.parametrize("markup", ["<script", "onerror=", "onclick=", "<iframe"])
def test_markup_in_data_runs_nothing_in_the_readers_browser(body, markup):
    assert markup not in body


def test_a_page_tells_the_parameters_of_its_run(body):
    text = html.unescape(re.sub("<[^>]+>", "", body))
    assert "snapshot = '<b>flights@7</b>'" in text
    assert "a default" not in text
    assert "/a/path" not in text
