"""The side that decides: runs the instructor's tests, reaches the learner's code only through proxies."""
