"""What an accountant checks: the stored XML by the published rules, and whether what is billed was delivered, and what
was delivered is billed."""
