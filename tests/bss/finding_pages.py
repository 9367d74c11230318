"""The page of a difference, as a test reads it."""


def look(browser, finding, **query):
    return browser.open("bss.reconciliation.finding", finding_id=finding.id, **query)


def table(page) -> dict[str, list[str]]:
    """By line: here, at BitTitan, after it."""
    rows = page.soup.select("table.comparison--full tbody tr")
    return {row.th.get_text(): [" ".join(cell.get_text().split()) for cell in row.find_all("td")] for row in rows}


def offered(page) -> list[str]:
    values = [button.get("value") for button in page.soup.select("form button[name=act]")]
    return [value for value in values if value != "check"]
