"""An autograder for Jupyter notebooks: hidden tests never enter the learner's process."""
