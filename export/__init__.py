"""From pictures and published weights to a model bundle."""

import os

# TensorFlow reads this once, when it is loaded, which any module here may do first. What it tells
# below an error is about itself; who wants to read it sets the variable.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
