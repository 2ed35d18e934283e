"""Performance against peers: what each benchmark claims is a ratio measured in one run.

Here: the benchmarks (`python -m benchmarks.<name>`, run by `make bench`) and the peers they run
against. Not here: tests of time (there are none) and any formula of the project: what is measured
is the project's own code, never a copy of it.
"""
