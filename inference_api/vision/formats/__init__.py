"""What is particular to one file format: opening it, its damage, its metadata, its variants."""
