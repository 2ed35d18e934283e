"""The report of one refresh: frames in, one self-contained HTML page out.

* `frames`, `inputs`: the tables a report is made of, and how its parts name those they need
* `sentences`: what several parts say of them
* `opening`: the page's first words: coverage, key figures, summary
* `sections`: one function a section; `blocks`: what a section is made of
* `paper_tables`, `figures`: the paper's tables beside its print, and every picture
* `wording`: how figures and lists are written
* `page`: puts them together with `templates`, which say how it all looks

Not here: estimates, and reading or writing anything but the templates. Every text that comes from
data is escaped.
"""
