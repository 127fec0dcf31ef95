"""How far the scores of a season can be trusted: agreement, severity and habits of assessors.

Nothing here changes a score. A regulation's decision must be explainable item by item, so the
figures open moderation and training, and are published (facts: ABET, Ofsted's paired
inspections, TTQS); the official score stays the agreed one.
"""
