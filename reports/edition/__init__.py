"""The edition (第 N 期): authors' texts gathered from a folder, filled with certified numbers, checked, and set."""
