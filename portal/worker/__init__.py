"""The process that runs jobs. Started by its command; imported by nothing else."""
