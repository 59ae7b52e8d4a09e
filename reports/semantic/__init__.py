"""A small dbt project by which BI tools and MetricFlow read the certified numbers.

The warehouse's own dbt project doesn't belong here: this one reads a copy and never opens the warehouse.
May import `reports.certificates`, `reports.figures` and `reports.workbook`.
"""
