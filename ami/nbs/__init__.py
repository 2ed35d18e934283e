"""The data service of the statistics bureau: its answers, as they come, into an inbox.

`client` speaks HTTP, `answers` checks what came against what the protocol promises, `tree` finds
ids by names, `plan` says what is asked, `fetching` asks it and keeps it. What a figure means is not
looked at here: the answers are files like any other, and the intake reads them.
"""
