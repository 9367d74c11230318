"""Which pictures are taken as a logo."""

import pytest

from portal.core.errors import InvalidInput
from portal.services.company import logos
from tests.services.company.pictures import jpeg, png

pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("in_context")]


@pytest.mark.parametrize("content, kind", [(png(), "image/png"), (jpeg(), "image/jpeg"), (png(4000, 4), "image/png")])
def test_png_and_jpeg_are_taken(content, kind):
    assert logos.checked(content).kind == kind


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"", "Use a PNG or JPEG file."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Use a PNG or JPEG file."),
        (b"GIF89a" + b"\0" * 20, "Use a PNG or JPEG file."),
        (png()[:-12], "The picture is damaged. Export it again."),
        (png()[:30], "The picture is damaged. Export it again."),
        (png()[:8], "The picture is damaged. Export it again."),
        (png().replace(b"IDAT", b"IDAX"), "The picture is damaged. Export it again."),
        (png() + b"<script>", "The picture is damaged. Export it again."),
        (jpeg()[:-2], "The picture is damaged. Export it again."),
        (b"\xff\xd8\xff\xd9", "The picture is damaged. Export it again."),
        (b"\xff\xd8\xff\xe0\x00\x00\xff\xd9", "The picture is damaged. Export it again."),
        (png(4001, 1), "Use at most 4000 pixels in each direction."),
        (jpeg(1, 4001), "Use at most 4000 pixels in each direction."),
        (jpeg(0, 1), "Use at most 4000 pixels in each direction."),
        (png() + b"\0" * logos.MOST_BYTES, "The file is too large: use at most 200 KB."),
    ],
)
def test_other_files_are_refused(content, sentence):
    with pytest.raises(InvalidInput) as refused:
        logos.checked(content)
    assert (refused.value.field, refused.value.message) == ("logo", sentence)
