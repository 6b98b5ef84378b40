"""What is learned from: photos, their labels, and the arrays made of both."""
