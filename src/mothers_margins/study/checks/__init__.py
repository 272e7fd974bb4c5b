"""What cannot hold in a study definition."""
