"""The final report of a study, from one source: prose in Markdown, numbers from `Released`."""
