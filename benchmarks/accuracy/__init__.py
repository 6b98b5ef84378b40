"""What the networks find in photos, beside what others find."""
