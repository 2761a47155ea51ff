"""Which entries are the same entry, which items carry the same text, which reports tell one event.

`identity` names an entry within its source. Copies: `signature` turns a text into index keys, `copies`
decides whether two texts are one, on what `cleaning` leaves, `prepared` reads and `conflicts` finds in
their `facts`; `families` groups the pairs. Stories: `traits` says what a report tells (with `glossary`,
`people`, `places`), `stories` whether two tell one event. `changes` tells what a second reading brought,
`agencies` where a text comes from. Nothing here reads a store or a clock.
"""
