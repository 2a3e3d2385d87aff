"""How good a model is: measured on pictures that it was not trained on, and shown on one page."""
