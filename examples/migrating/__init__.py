"""The code samples of @2bad/bitrix and of b24pysdk, and the same in bitrix_events.

`from_2bad_bitrix` and `from_b24pysdk` hold a file for each topic of their READMEs. Each begins with
the names over there and those here, and each runs against a portal that is played beside it:

    python -m examples.migrating from_2bad_bitrix.usage
"""
