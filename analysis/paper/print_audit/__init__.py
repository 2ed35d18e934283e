"""Whether the paper's printed figures agree with each other, as far as rounding lets one see.

Here: rules that follow from arithmetic, from least squares or from a test's distribution, each
applied to printed figures alone; what they imply is a range, because a printed .184 stands for
anything in [.1835, .1845]. Not here: our own estimates, and the data. The rules judge print: a
disagreement may come from the paper, from typesetting or from reading the page.

* `rules`: the rules in words; `findings`: all of them applied
* `significance`, `sums`, `repetitions`: the rules by what they look at; `printed`: what they read

`python -m analysis.paper.print_audit` keeps the result as a seed.
"""
