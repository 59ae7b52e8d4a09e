"""A small dbt project by which BI tools and MetricFlow read the certified numbers."""
