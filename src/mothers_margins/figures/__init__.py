"""The figures that people read.

A new one stands with its kind (bars, forest plots, diagrams, charts of an imputation), is drawn on
a `page.Page`, and is named in the package's `__init__.pyi` and in `tests/readable.py`.
"""
