"""What a drop folder's answer is made of: where files lie, which is the day's, what it holds, and what that means."""
