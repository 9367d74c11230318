"""The process that takes jobs. Started by its command; imported by nobody else."""
