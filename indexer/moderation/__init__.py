"""Moderation: policies, exact spans, verdicts, and what reviewers said. Arithmetic on records."""
