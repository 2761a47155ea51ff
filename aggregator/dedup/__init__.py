"""Which entries are the same entry, and which items carry the same text.

`identity` names an entry within its source, `signature` turns a text into index keys, `copies`
decides whether two texts are one. Nothing here reads a store or a clock.
"""
