"""The surplus register: coupons that no asset holds."""

from portal.bss.coupons.surplus import bp  # noqa: F401
