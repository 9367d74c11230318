"""The statement of account, the same in BSS and the Storefront."""
