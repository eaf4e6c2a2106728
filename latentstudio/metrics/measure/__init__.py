"""What ``latentstudio measure`` does: a plan, its samples, what is kept of them, a report."""
