"""What may be published: cell-key perturbation, cohort tables, and the attacker that tries them. Pure."""
