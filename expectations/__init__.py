"""What a day of counts must look like before it may land: rules as data, and their validation by Great Expectations.

Who is asked for counts, and what becomes of them afterwards, don't belong here.

May import nothing of this project; the door is `validation`, and Great Expectations is loaded when it is needed first.
"""
