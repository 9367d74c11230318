"""Outside systems. They return outcomes and raise nothing of their own; their words stop here."""
