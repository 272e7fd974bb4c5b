"""Charts for slides: few numbers, large text, one drawing for a screen and one for a phone."""
