"""The final report of a study, from one source: its prose in Markdown, its numbers from `Released`."""
