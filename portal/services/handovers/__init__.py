"""Links that show the code of one licence to somebody without a user.

making   make a link, list those of an asset, revoke one
opening  what somebody with the link and its PIN sees
"""
