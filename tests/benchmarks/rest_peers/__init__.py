"""The processes of the REST benchmark: a portal, our client, and the peers.

The peers run in a virtual environment of their own, without bitrix_events: their modules, and
`meter`, import nothing of it.
"""
