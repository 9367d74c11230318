"""What readers stop with one click (RFC 8058): an address gets no more mails of a topic.

tokens    the token in such a link: signed, so that nothing of it has to be kept
stopping  stops, and lets staff undo it with a reason
"""
