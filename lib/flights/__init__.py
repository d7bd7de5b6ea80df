"""The worked example: flights that left New York in 2013, written as a user would write theirs."""
