"""`python -m command`: the `ami` command where its script is not installed."""

from command import main

main()
