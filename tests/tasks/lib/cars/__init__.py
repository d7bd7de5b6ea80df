"""Used cars: what will one be sold for?"""
