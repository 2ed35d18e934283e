"""Why a figure is what it is: from the panel back to the cells of yearbook files.

`follow` is the way in; `explanation` has the shapes that come out, which load fast.
"""
