"""Coldframe: a notebook workbench that keeps retraining apart from ingestion."""
