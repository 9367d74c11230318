"""How a page or part of a page is answered: fragments, polls, paging, downloads, navigation."""
