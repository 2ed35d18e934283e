"""Bytes to cells: one module a kind of file, each with the audit that lets nothing hostile through.

Here belongs how a kind of file stores texts, figures and merged cells. Which kind a file is and
the limits for all kinds belong to `yearbooks.source`; what the cells say belongs to
`yearbooks.layouts`.
"""
