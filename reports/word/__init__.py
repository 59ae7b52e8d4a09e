"""Documents in the office's own format: set as .docx, measured from the file, and printed as PDF by LibreOffice."""
