"""Figures: for each a frozen record of what is drawn, and a function that draws it."""
