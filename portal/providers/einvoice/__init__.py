"""Invoices and credit notes as documents: EN 16931 XML and PDF/A-3. Knows no rows: what it says is in `document`.

    totals.totals(document)                the sums
    completeness.missing_fields(document, format)
                                           what a format would miss, by name
    xml.generate(document, format)         Factur-X, XRechnung (CII) or Peppol (UBL)
    pdf.render(document, factur_x)         the PDF, with that XML inside
    glyphs.missing_glyphs(text)            what could not be printed
    schematron.findings(documents)         what the published rules say, in a child process

The packages behind it are heavy, so each is imported by the function that needs it, never when a process starts.
"""
