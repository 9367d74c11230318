"""What pages about orders show, in BSS and in the Storefront."""
