"""What follows from rates: contrasts, power, regression, times and fits."""
