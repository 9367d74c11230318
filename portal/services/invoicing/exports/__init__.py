"""What leaves the portal for the books, by the days of issue.

journal   one row for each line and each tax, as CSV
datev     postings in the DATEV format
archive   the stored documents, as a ZIP
"""
