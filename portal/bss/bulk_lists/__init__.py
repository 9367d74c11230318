"""What the screens of all bulk lists share: retries (bss/retries) and bulk changes (bss/bulk)."""
