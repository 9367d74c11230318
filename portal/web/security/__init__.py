"""Who may ask at all, from where, and what each answer forbids a browser: sessions, guards, hosts, headers."""
