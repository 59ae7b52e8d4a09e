"""What a day of counts must look like before it may land; knows pandas and Great Expectations, not Dagster.

`rules` is data: the rules, and the expectations that judge each. `validation` is the door: frames in, findings
by rule and day out. Between them `personal` masks, `judged` derives columns, `gx` runs Great Expectations
(loaded by `late`, when a frame is judged first), and `findings` maps its verdicts back to rows and days.
"""
