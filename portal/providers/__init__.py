"""Outside systems. Providers return outcomes and raise no exceptions of their own; vendor terms do not leave here."""
