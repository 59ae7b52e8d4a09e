"""The edition (第 N 期): authors' texts gathered from a folder, filled with certified numbers, proofread, and written.

How a document looks belongs to `reports.word`, and what is wrong with a number to `reports.proofreading`.
May import `reports.word`, `reports.proofreading` and `reports.figures`.
"""
