"""What a day of counts must look like before it may land; knows pandas and Great Expectations, not Dagster."""
