"""The only code that runs beside a learner's: policy, launch, template, jail, worker."""
