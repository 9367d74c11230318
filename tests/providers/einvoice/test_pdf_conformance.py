"""What PDF/A-3 and Factur-X ask of a PDF, and that a PDF which lacks one of it is found.

veraPDF cannot be had from a package registry: typst's own refusal and the checklist stand in for it.
"""

from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest
from lxml import etree

from portal.providers.einvoice import pdf, xml
from portal.providers.einvoice.completeness import Format
from portal.providers.einvoice.metadata import FACTUR_X, with_factur_x
from tests.providers.einvoice.checklist import faults


def test_it_meets_the_checklist(invoice, made):
    assert faults(made, xml.generate(invoice, Format.FACTUR_X)) == []


def test_without_xml_it_is_still_an_archive(invoice):
    said = replace(invoice, currency="KWD")
    assert faults(pdf.render(said), None) == []


def test_factur_x_reads_it_back(invoice, made):
    from facturx import get_facturx_xml_from_pdf

    name, content = get_facturx_xml_from_pdf(made, check_xsd=True)
    assert (name, content) == ("factur-x.xml", xml.generate(invoice, Format.FACTUR_X))


def test_the_same_document_is_the_same_bytes(invoice, made):
    assert pdf.render(invoice, xml.generate(invoice, Format.FACTUR_X)) == made


def _second_bag(opened):
    packet = etree.fromstring(opened.Root.Metadata.read_bytes())
    rdf = packet.find("{*}RDF")
    twin = etree.fromstring(etree.tostring(rdf[0]))
    for each in [each for each in twin if not each.tag.endswith("}schemas")]:
        twin.remove(each)
    rdf.append(twin)
    opened.Root.Metadata.write(etree.tostring(packet))


def _no_font_file(opened):
    for font in opened.objects:
        if isinstance(font, pikepdf.Dictionary) and "/FontFile2" in font:
            del font["/FontFile2"]


def _no_unicode(opened):
    for font in opened.objects:
        if isinstance(font, pikepdf.Dictionary) and "/ToUnicode" in font:
            del font["/ToUnicode"]


def _as_data(opened):
    opened.Root.AF[0].AFRelationship = pikepdf.Name.Data


def _no_date(opened):
    del opened.Root.AF[0].EF.F.Params["/ModDate"]


def _other_type(opened):
    opened.Root.AF[0].EF.F.Subtype = pikepdf.Name("/application/xml")


def _no_intent(opened):
    del opened.Root["/OutputIntents"]


def _script(opened):
    opened.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def _other_xml(opened):
    opened.Root.AF[0].EF.F.write(b"<x/>")


def _part_2(opened):
    opened.Root.Metadata.write(opened.Root.Metadata.read_bytes().replace(b"part>3<", b"part>2<"))


def _no_level(opened):
    opened.Root.Metadata.write(opened.Root.Metadata.read_bytes().replace(b"EN 16931", b"BASIC"))


def _no_tags(opened):
    del opened.Root["/MarkInfo"]


BREAKS = (_second_bag, _no_font_file, _no_unicode, _as_data, _no_date, _other_type, _no_intent, _script, _other_xml)


@pytest.mark.parametrize("broken", [*BREAKS, _part_2, _no_level, _no_tags], ids=lambda each: each.__name__)
def test_the_checklist_finds_what_is_broken(invoice, made, broken):
    written = BytesIO()
    with pikepdf.open(BytesIO(made)) as opened:
        broken(opened)
        opened.save(written)
    assert faults(written.getvalue(), xml.generate(invoice, Format.FACTUR_X)) != []


def test_metadata_that_describes_no_schema_gets_a_description():
    """typst's has one today; without it the result would be the same."""
    with pikepdf.new() as opened:
        opened.add_blank_page()
        packet = b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
        opened.Root.Metadata = pikepdf.Stream(opened, packet)
        bare = BytesIO()
        opened.save(bare)
    with pikepdf.open(BytesIO(with_factur_x(bare.getvalue()))) as opened:
        assert opened.Root.Metadata.read_bytes().count(FACTUR_X.encode()) == 2
