"""What a seed may vary without changing the experiment: names, and the text that uses them."""
