"""How a page or a part of one is answered: fragments, polls, paging, downloads, navigation."""
