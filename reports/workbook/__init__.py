"""A certified month as a workbook and as tables for other programs."""
