"""Whether the declared analysis finds what is true, at the study's own size: cohorts drawn by a
recipe, imputed and analysed as the plan says.
"""
