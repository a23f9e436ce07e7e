"""What a seed may change without changing the experiment: names, and the text that uses them."""
