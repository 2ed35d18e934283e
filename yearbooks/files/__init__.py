"""Bytes to cells: one module a kind of file, each with the audit that lets nothing hostile through.

Here belongs how a kind of file stores texts, figures and merged cells. Which kinds there are is
`yearbooks.files.kinds`'s, how a file is taken from the inbox `yearbooks.source`'s; what the cells
say belongs to `yearbooks.layouts`.
"""
