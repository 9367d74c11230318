"""What an account takes with it when it leaves, as a ZIP."""

from portal.bss.leaving_packs.leaving_packs import bp  # noqa: F401
