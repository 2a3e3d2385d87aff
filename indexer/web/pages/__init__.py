"""The pages that people see; what they show, they ask of the API's own functions."""
