"""From pictures and published weights to a model bundle."""
