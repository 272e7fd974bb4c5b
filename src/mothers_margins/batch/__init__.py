"""Runs the notebooks through papermill: plan, key, work, run, manifest, pages."""
