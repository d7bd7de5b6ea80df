"""Credit cards: which of three will an applicant be given?"""
